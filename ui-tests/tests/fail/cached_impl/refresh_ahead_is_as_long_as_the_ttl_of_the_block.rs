use hydracache::cached_impl;

struct Repo;

#[cached_impl(ttl = "1m")]
impl Repo {
    #[cached(refresh_ahead = "1m")]
    async fn find(id: u64) -> u64 {
        id
    }
}

fn main() {}
