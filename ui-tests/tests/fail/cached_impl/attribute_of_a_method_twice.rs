use hydracache::cached_impl;

struct Repo;

#[cached_impl]
impl Repo {
    #[cached(ttl = "5m")]
    #[cached(tags = ["repo"])]
    fn find(id: u64) -> u64 {
        id
    }
}

fn main() {}
