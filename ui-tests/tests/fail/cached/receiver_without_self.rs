use hydracache::cached;

struct Repo {
    tenant: u64,
}

impl Repo {
    #[cached(name = "f", receiver = id)]
    fn f(&self, id: u64) -> u64 {
        self.tenant + id
    }
}

fn main() {}
