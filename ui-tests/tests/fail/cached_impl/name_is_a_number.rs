use hydracache::cached_impl;

struct Repo {
    tenant: u64,
}

#[cached_impl(name = 7)]
impl Repo {
    #[cached(receiver = self.tenant)]
    fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
