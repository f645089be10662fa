use hydracache::cached_impl;

struct Repo {
    tenant: u64,
}

#[cached_impl]
impl Repo {
    #[cached(receiver = self.tenant)]
    fn find(&self, id: u64) -> u64 {
        id
    }

    #[hydracache::invalidates(Self::find(id))]
    fn update(&self, id: u64) {
        let _ = id;
    }
}

fn main() {}
