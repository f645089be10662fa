use hydracache::cached_impl;

struct Repo {
    tenant: u64,
}

#[cached_impl(nmae = "repo")]
impl Repo {
    #[cached(key = "{idd}")]
    fn find(&self, id: u64) -> u64 {
        id + self.tenant
    }

    #[cached(receiver = skip)]
    fn fine(&self, id: u64) -> u64 {
        id
    }

    #[cached(receiver = skip, ttl = "soon")]
    async fn other(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
