//! Methods with every receiver, associated functions, methods of trait impls and with a body in a trait.

#![deny(warnings)]

use std::pin::Pin;
use std::sync::Arc;

use hydracache::{cached, invalidates};

#[cached]
async fn get(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[derive(Clone)]
struct Repo<T> {
    kept: T,
}

trait Save {
    type Failure;

    async fn save(&mut self, id: u64) -> Result<u64, Self::Failure>;

    #[invalidates(get(id))]
    fn forget(&self, id: u64) -> u64 {
        id
    }
}

impl Save for Repo<u64> {
    type Failure = String;

    #[invalidates(get(id), get(result + 1))]
    async fn save(&mut self, id: u64) -> Result<u64, Self::Failure> {
        self.kept += id;
        Ok(self.kept)
    }
}

impl<T: Clone + Send + Sync> Repo<T> {
    #[invalidates(get(id))]
    fn by_reference(&self, id: u64) -> &T {
        let _ = id;
        &self.kept
    }

    #[invalidates(get(1))]
    async fn by_pointer(self: Arc<Self>) -> Result<T, String> {
        Ok(self.kept.clone())
    }

    #[invalidates(get(1))]
    async fn by_pin(self: Pin<&mut Self>) {}

    #[invalidates(get(1))]
    fn by_value(self) -> Self {
        self
    }

    #[invalidates(get(1))]
    fn without(kept: T) -> Self {
        Self { kept }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    get(1).await.unwrap();
    let mut repo = Repo::without(1_u64);
    assert_eq!(get::peek(1), None);
    assert_eq!((repo.save(1).await, repo.forget(1), *repo.by_reference(1)), (Ok(2), 1, 2));
    Pin::new(&mut repo).by_pin().await;
    assert_eq!(Arc::new(repo.by_value()).by_pointer().await, Ok(2));
}
