use async_trait::async_trait;
use hydracache::cached_impl;

#[derive(serde::Serialize, serde::Deserialize)]
struct User(u64);

#[async_trait]
trait Find {
    async fn find(&self, id: u64) -> Option<User>;
}

struct Repo;

#[async_trait]
#[cached_impl]
impl Find for Repo {
    #[cached(receiver = skip)]
    async fn find(&self, id: u64) -> Option<User> {
        Some(User(id))
    }
}

fn main() {}
