//! Methods, also of trait impls, store what they wrote.

#![deny(warnings)]

use std::sync::Arc;

use hydracache::{cache_put, cached, invalidates};

#[cached]
fn get(id: u64) -> Option<u64> {
    Some(id)
}

trait Write {
    async fn write(&self, id: u64) -> Result<Option<u64>, std::fmt::Error>;
}

struct Repo;

impl Write for Repo {
    #[cache_put(get(id))]
    async fn write(&self, id: u64) -> Result<Option<u64>, std::fmt::Error> {
        Ok(Some(id + 1))
    }
}

impl Repo {
    #[cache_put(get(id) = None::<u64>)]
    #[invalidates(get(id + 1))]
    fn delete(self: Arc<Self>, id: u64) {
        let _ = id;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((get(2), Repo.write(1).await, get(1)), (Some(2), Ok(Some(2)), Some(2)));
    Arc::new(Repo).delete(1);
    assert_eq!((get::peek(1), get::peek(2)), (Some(None), None));
}
