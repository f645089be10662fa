use hydracache::cached_impl;

struct Repo;

#[cached_impl]
impl Repo {
    #[cached]
    fn find(id: u64) -> u64 {
        id
    }

    fn find_cache() -> u64 {
        7
    }
}

fn main() {}
