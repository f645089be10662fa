use hydracache::{cached, invalidates};

struct Repo;

impl Repo {
    #[cached(name = "repo.find", receiver = skip)]
    fn find(&self, id: u64) -> u64 {
        id
    }

    #[invalidates(Self::find(id))]
    fn update(&self, id: u64) {
        let _ = id;
    }
}

#[invalidates(Repo::find(id))]
fn update(id: u64) {
    let _ = id;
}

fn main() {}
