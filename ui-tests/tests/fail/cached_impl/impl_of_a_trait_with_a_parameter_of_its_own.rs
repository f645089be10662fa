use hydracache::cached_impl;

trait Find<K> {
    fn find(&self, id: u64) -> u64;
}

struct Repo;

#[cached_impl]
impl<K> Find<K> for Repo {
    #[cached(receiver = skip)]
    fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
