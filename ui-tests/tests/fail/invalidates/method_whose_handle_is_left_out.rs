use hydracache::cached_impl;

struct Repo;

#[cached_impl]
impl Repo {
    #[cached(receiver = skip, handle = none)]
    fn find(&self, id: u64) -> u64 {
        id
    }

    #[hydracache::invalidates(Self::find(id))]
    fn update(&self, id: u64) {
        let _ = id;
    }
}

fn main() {}
