use hydracache::cached;

struct Repo;

impl Repo {
    #[cached(name = "repo.find", receiver = skip, ttl = "5m", refresh_ahead = "10%")]
    fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
