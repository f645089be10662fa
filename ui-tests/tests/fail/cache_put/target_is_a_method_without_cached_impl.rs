use hydracache::{cache_put, cached};

struct Repo;

impl Repo {
    #[cached(name = "repo.find", receiver = skip)]
    fn find(&self, id: u64) -> u64 {
        id
    }
}

#[cache_put(Repo::find(id))]
fn save_user(id: u64) -> u64 {
    id
}

fn main() {}
