use hydracache::cached;

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

struct Repo;

impl Repo {
    #[cached(name = "f", receiver = skip)]
    async fn f(&self, id: u64) -> User {
        User { id }
    }
}

fn main() {}
