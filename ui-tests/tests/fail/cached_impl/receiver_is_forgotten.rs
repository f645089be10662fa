use hydracache::cached_impl;

struct Repo {
    tenant: u64,
}

#[cached_impl]
impl Repo {
    #[cached]
    fn find(&self, id: u64) -> u64 {
        id + self.tenant
    }
}

fn main() {}
