use hydracache::cached_impl;

trait Find {
    fn find(&self, id: u64) -> u64;
}

struct Repo;

#[cached_impl]
impl Find for &Repo {
    #[cached(receiver = skip)]
    fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
