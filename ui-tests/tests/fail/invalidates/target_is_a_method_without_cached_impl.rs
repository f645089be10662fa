use hydracache::{cached, invalidates};

struct Repo;

impl Repo {
    #[cached(name = "repo.find", receiver = skip)]
    fn find(&self, id: u64) -> u64 {
        id
    }
}

#[invalidates(Repo::find(id))]
async fn save_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

fn main() {}
