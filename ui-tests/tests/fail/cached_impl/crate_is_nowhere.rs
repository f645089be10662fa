use hydracache::cached_impl;

struct Repo {
    tenant: u64,
}

#[cached_impl(crate = nowhere)]
impl Repo {
    #[cached(receiver = self.tenant)]
    fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
