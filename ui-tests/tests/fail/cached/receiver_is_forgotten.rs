use hydracache::cached;

struct Repo {
    tenant: u64,
}

impl Repo {
    #[cached(name = "f")]
    fn f(&self, id: u64) -> u64 {
        self.tenant + id
    }
}

fn main() {}
