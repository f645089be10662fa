use hydracache::cached_impl;

struct Repo;

#[cached_impl]
impl Repo {
    #[cached = "5m"]
    fn find(id: u64) -> u64 {
        id
    }
}

fn main() {}
