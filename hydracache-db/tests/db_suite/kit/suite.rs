//! A database, an adapter that is connected to it, and a cache.

use std::time::Duration;

use hydracache_db::{DbCache, DbQuery, Result};
use hydracache_runtime::HydraCache;

use super::adapter::{Adapter, End, Write};
use super::database::{Fresh, Outside};
use super::user::{EVERYBODY, User, by_id};

/// Longer than any read waits in these tests.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Suite<A> {
    fresh: Fresh,
    pub(crate) adapter: A,
    /// The namespace `db` of a cache of its own.
    pub(crate) users: DbCache,
}

impl<A: Adapter> Suite<A> {
    /// None where the server of the database is not there.
    pub(crate) async fn start() -> Option<Self> {
        let fresh = Fresh::new(A::KIND).await?;
        let adapter = A::connect(&fresh.url, 8, PATIENCE).await;
        Some(Self { fresh, adapter, users: Self::cache() })
    }

    /// Another process, as far as caches are concerned.
    pub(crate) fn cache() -> DbCache {
        DbCache::new(HydraCache::local().build(), "db")
    }

    /// The same database through a pool of one connection.
    pub(crate) async fn narrow(&self, patience: Option<Duration>) -> A {
        A::connect(&self.fresh.url, 1, patience.unwrap_or(PATIENCE)).await
    }

    pub(crate) fn outside(&self) -> &Outside {
        &self.fresh.outside
    }

    /// The read of one user.
    pub(crate) fn of(&self, id: i64) -> DbQuery<User> {
        self.users.for_entity::<User>(id)
    }

    pub(crate) async fn user(&self, id: i64) -> Option<User> {
        self.adapter.optional(self.of(id), &by_id(id)).await.unwrap()
    }

    /// The name of a user, or what stands for nobody.
    pub(crate) async fn name(&self, id: i64) -> String {
        self.user(id).await.map_or_else(|| "nobody".to_owned(), |user| user.name)
    }

    /// The names of all users, which are read as a collection.
    pub(crate) async fn names(&self) -> Vec<String> {
        let everybody = self.adapter.all(self.users.collection("users"), EVERYBODY).await.unwrap();
        everybody.into_iter().map(|user| user.name).collect()
    }

    pub(crate) async fn is_cached(&self, id: i64) -> bool {
        self.users.cache().contains_key(format!("db:user:{id}")).await
    }

    pub(crate) async fn transact(&self, write: Write, end: End) -> Result<()> {
        self.adapter.transact(&self.users, write, end).await
    }
}

/// Says why a behaviour is not looked at.
pub(crate) fn left_out(why: &str) {
    eprintln!("left out: {why}");
}
