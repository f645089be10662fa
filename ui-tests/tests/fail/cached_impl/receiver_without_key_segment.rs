use hydracache::cached_impl;

struct Tenant(u64);

struct Repo {
    tenant: Tenant,
}

#[cached_impl]
impl Repo {
    #[cached(receiver = self.tenant)]
    fn find(&self, id: u64) -> u64 {
        id + self.tenant.0
    }
}

fn main() {}
