//! Methods of traits: native `async`, `#[async_trait]` in either order, associated types.

use async_trait::async_trait;
use hydracache::{CacheResult, cached_impl, invalidates};

pub trait Users {
    type Id;
    fn native(&self, id: Self::Id) -> impl Future<Output = Result<String, std::io::Error>> + Send;
    fn blocking(id: Self::Id) -> u64
    where
        Self: Sized;
}

#[async_trait]
pub trait Inside: Send + Sync {
    async fn get(&self, id: u64) -> Result<String, std::io::Error>;
    async fn save(&self, id: u64, name: &str) -> Result<(), std::io::Error>;
}

#[async_trait]
pub trait Outside: Send + Sync {
    async fn get(&self, id: u64, trace: &str) -> Option<String>;
    async fn remove(&self, id: u64) -> Result<(), std::io::Error>;
}

#[derive(Clone)]
pub struct Database(u64);

#[cached_impl(name = "native")]
impl Users for Database {
    type Id = u64;

    #[cached(receiver = self.0)]
    async fn native(&self, id: Self::Id) -> Result<String, std::io::Error> {
        let id: Self::Id = id;
        Ok(format!("{} {id}", self.0))
    }

    #[cached]
    fn blocking(id: Self::Id) -> u64 {
        id * 2
    }
}

#[cached_impl(name = "inside")]
#[async_trait]
impl Inside for Database {
    #[cached(receiver = self.0, ttl = "5m", refresh_ahead = "1m")]
    async fn get(&self, id: u64) -> Result<String, std::io::Error> {
        tokio::task::yield_now().await;
        Ok(format!("{} {id}", self.0))
    }

    #[invalidates(Self::get(self, id))]
    async fn save(&self, id: u64, name: &str) -> Result<(), std::io::Error> {
        let _ = (id, name);
        tokio::task::yield_now().await;
        Ok(())
    }
}

#[async_trait]
#[cached_impl(name = "outside")]
impl Outside for Database {
    #[cached(key = "{self.0}:{id}", ttl = "5m", refresh_ahead = "1m", handle = outside_cache)]
    async fn get(&self, id: u64, trace: &str) -> Option<String> {
        tokio::task::yield_now().await;
        Some(format!("{} {id} {trace}", self.0))
    }

    #[invalidates(tags = ["users"], all(Self::get))]
    async fn remove(&self, id: u64) -> Result<(), std::io::Error> {
        tokio::task::yield_now().await;
        let _ = id;
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> CacheResult<()> {
    let database = Database(7);
    assert_eq!(database.native(1).await.unwrap(), "7 1");
    assert_eq!(Database::native_cache().peek(&database, 1), Some("7 1".to_owned()));
    assert_eq!(Database::native_cache().fetch(&database, 1).await.unwrap().value, "7 1");
    assert_eq!(Database::blocking(4), 8);
    assert_eq!(Database::blocking_cache().peek(4), Some(8));

    let inside: &dyn Inside = &database;
    assert_eq!(inside.get(1).await.unwrap(), "7 1");
    assert_eq!(Database::get_cache().peek(&database, 1), Some("7 1".to_owned()));
    assert_eq!(Database::get_cache().refresh(&database, 1).await.unwrap(), "7 1");
    inside.save(1, "name").await.unwrap();
    assert_eq!(Database::get_cache().peek(&database, 1), None);

    let outside: &dyn Outside = &database;
    assert_eq!(outside.get(1, "a").await.unwrap(), "7 1 a");
    assert_eq!(outside.get(1, "b").await.unwrap(), "7 1 a");
    assert_eq!(Database::outside_cache().peek(&database, 1), Some(Some("7 1 a".to_owned())));
    let fetched = Database::outside_cache().fetch(&database, 1, "c").await;
    assert_eq!(fetched.value.unwrap(), "7 1 a");
    assert_eq!(Database::outside_cache().uncached(&database, 1, "c").await.unwrap(), "7 1 c");
    outside.remove(1).await.unwrap();
    Ok(())
}
