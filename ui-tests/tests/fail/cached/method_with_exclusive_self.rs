use hydracache::cached;

struct Repo {
    tenant: u64,
}

impl Repo {
    #[cached(name = "f", receiver = skip)]
    fn f(&mut self, id: u64) -> u64 {
        self.tenant += id;
        self.tenant
    }
}

fn main() {}
