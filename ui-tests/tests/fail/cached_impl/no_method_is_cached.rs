use hydracache::cached_impl;

struct Repo;

#[cached_impl]
impl Repo {
    fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
