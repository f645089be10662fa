use hydracache::cached;

struct Repo;

impl Repo {
    #[cached(name = "f", receiver = skip, loader)]
    async fn f(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
