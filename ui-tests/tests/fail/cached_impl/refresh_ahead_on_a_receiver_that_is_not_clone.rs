use hydracache::cached_impl;

struct Repo;

#[cached_impl(ttl = "5m")]
impl Repo {
    #[cached(receiver = skip, refresh_ahead = "1m")]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
