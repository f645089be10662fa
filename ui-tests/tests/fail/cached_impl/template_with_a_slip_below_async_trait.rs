use async_trait::async_trait;
use hydracache::cached_impl;

#[async_trait]
trait Find {
    async fn find(&self, id: u64) -> u64;
}

struct Repo;

#[async_trait]
#[cached_impl]
impl Find for Repo {
    #[cached(key = "{idd}")]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
