use hydracache::cached_impl;

#[derive(serde::Serialize, serde::Deserialize)]
struct User(u64);

struct Repo;

#[cached_impl]
impl Repo {
    #[cached]
    async fn find(id: u64) -> Result<User, String> {
        Ok(User(id))
    }
}

fn main() {}
