use hydracache::cached;

struct Repo;

impl Repo {
    #[cached(
        name = "repo.find",
        receiver = skip,
        ttl = "5m",
        stale_on_error = "1h",
        soft_timeout = "100ms"
    )]
    async fn find(&self, id: u64) -> Result<u64, String> {
        Ok(id)
    }
}

fn main() {}
