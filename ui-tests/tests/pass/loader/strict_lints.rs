//! Loaders, defaults and entities cause no lint.

#![forbid(unsafe_code, missing_docs, unreachable_pub, unused_imports, unused_mut)]
#![deny(warnings, unused, nonstandard_style, dead_code, clippy::pedantic)]

use std::sync::Arc;

use hydracache::{HydraCacheEntity, Runtime, cached};

hydracache::cached_defaults! { ttl = "5m" }

/// A user.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, HydraCacheEntity)]
#[hydracache(entity = "user", collection = "users", tags = ["name:{name}"])]
pub struct User {
    /// What tells it apart.
    #[hydracache(id)]
    pub id: u64,
    /// Whose it is.
    #[hydracache(tenant)]
    pub tenant: u32,
    /// How it is called.
    pub name: String,
}

struct Db;

#[cached(name = "find", skip(_db), loader)]
async fn find(_db: &Db, tenant: u32, name: &str) -> Result<User, std::io::Error> {
    Ok(User { id: 1, tenant, name: name.to_owned() })
}

#[cached(name = "count", loader)]
fn count(of: Vec<u64>) -> usize {
    of.len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let runtime = Runtime::builder().provide(Arc::new(Db)).install().unwrap();
    let user: User = runtime.registry().load("find", (7_u32, "ada")).await.unwrap();
    assert_eq!((user.name.as_str(), find(&Db, 7, "ada").await.unwrap().tenant), ("ada", 7));
    assert_eq!((find::stats().loads, count(vec![1, 2])), (1, 2));
}
