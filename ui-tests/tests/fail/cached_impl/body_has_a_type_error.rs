use hydracache::cached_impl;

struct Repo {
    tenant: u64,
}

#[cached_impl]
impl Repo {
    #[cached(receiver = skip)]
    async fn find(&self, id: u64) -> u64 {
        id + self.tenant.len()
    }
}

fn main() {}
