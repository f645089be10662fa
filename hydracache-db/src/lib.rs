//! Database result caching for HydraCache: reads that are cached, writes that invalidate when they are committed.
//!
//! # Why
//!
//! Most of what a service caches are rows, and what people fear of it are rows that are no longer true. A program that
//! invalidates before its commit lets a read store the old row once more; one that invalidates after it forgets to when the
//! process dies in between; another process knows nothing of either; and a read inside of a transaction hands everybody a row
//! that may never be committed. This crate settles these once:
//!
//! - **The driver keeps its work**: pools, queries, transactions and the mapping of rows stay as they are written. The cache is
//!   told a key and tags, and where to run the query if it has to be run.
//! - **Invalidation belongs to the commit.** A [`DbTransaction`] is an ordinary transaction with a list; the list is invalidated
//!   after the commit was acknowledged, also where its outcome is unknown, and never after a rollback.
//! - **Other processes learn of it** from an [`outbox`] that is written in the same transaction, or, whoever writes, from the
//!   triggers of [`postgres`].
//! - **A row that does not exist is a result**, and so is an empty list. Errors never are.
//! - **Keys and tags have a namespace**, so that two repositories over one cache do not meet by accident.
//!
//! # From a service with sqlx to cached reads
//!
//! ```toml
//! hydracache = { path = "../hydracache/hydracache" }
//! hydracache-db = { path = "../hydracache/hydracache-db", features = ["sqlx-sqlite"] }
//! ```
//!
//! Say once what the keys and tags of a row look like, and give the functions around queries a [`DbCache`]:
//!
//! ```
//! # #[cfg(feature = "sqlx-sqlite")]
//! # mod example {
//! use hydracache_db::sqlx::{DbCache, HydraCache, HydraCacheEntity, SqlxQueryExt, sqlx};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Serialize, Deserialize, HydraCacheEntity)]
//! #[hydracache(entity = "user", collection = "users")]
//! struct User {
//!     #[hydracache(id)]
//!     id: i64,
//!     name: String,
//! }
//! # impl<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> for User {
//! #     fn from_row(row: &'r sqlx::sqlite::SqliteRow) -> sqlx::Result<Self> {
//! #         use sqlx::Row;
//! #         Ok(Self { id: row.try_get("id")?, name: row.try_get("name")? })
//! #     }
//! # }
//!
//! struct Users {
//!     pool: sqlx::SqlitePool,
//!     cache: DbCache, // new
//! }
//!
//! impl Users {
//!     fn new(pool: sqlx::SqlitePool) -> Self {
//!         Self { pool, cache: DbCache::new(HydraCache::local().build(), "users") }
//!     }
//!
//!     async fn find(&self, id: i64) -> sqlx::Result<Option<User>> {
//!         let query = sqlx::query_as("select id, name from users where id = $1").bind(id);
//!         // was: query.fetch_optional(&self.pool).await
//!         Ok(self.cache.for_entity::<User>(id).sqlx_optional(&self.pool, query).await?)
//!     }
//!
//!     async fn all(&self) -> sqlx::Result<Vec<User>> {
//!         let query = sqlx::query_as("select id, name from users");
//!         Ok(self.cache.for_collection::<User>().sqlx_all(&self.pool, query).await?)
//!     }
//!
//!     async fn named(&self, name: &str) -> sqlx::Result<Vec<User>> {
//!         let query = sqlx::query_as("select id, name from users where name = $1").bind(name);
//!         // Another list of the same collection: a key of its own.
//!         let read = self.cache.for_collection::<User>().key(format!("users:named:{name}"));
//!         Ok(read.sqlx_all(&self.pool, query).await?)
//!     }
//!
//!     async fn rename(&self, id: i64, name: &str) -> sqlx::Result<()> {
//!         let mut tx = self.cache.begin(&self.pool).await?; // was: self.pool.begin()
//!         sqlx::query("update users set name = $1 where id = $2").bind(name).bind(id).execute(&mut *tx).await?;
//!         tx.invalidates_entity::<User>(id); // the user, and every list of users
//!         Ok(tx.commit().await?)
//!     }
//! }
//! # }
//! ```
//!
//! Values derive `Clone` and serde. Nothing expires if nothing is said: give the cache a `default_ttl`, or reads a `ttl`.
//!
//! # Where to go on
//!
//! | you want to | look at |
//! |---|---|
//! | cache a read by any async code | [`DbQuery::load`], [`DbQuery::load_optional`], [`DbQuery::load_all`] |
//! | say how it is cached in one place | [`QueryCachePolicy`], [`query_cache_policy!`] |
//! | make a read cheap that is made often | [`PreparedQueryPolicy`], [`PreparedQuery::load_id`] |
//! | read many rows by their ids | [`DbCache::for_entities`], [`DbMany::load_many`] |
//! | find a row by something else than its id | [`DbQuery::tagged_by`] |
//! | hand out old rows while the database is slow or gone | [`RefreshPolicy`] |
//! | invalidate with a write | [`DbCache::begin`], [`DbTransaction`]; with Diesel `DbCache::transaction` and [`Invalidations`] |
//! | invalidate without a transaction of ours | [`DbCache::invalidate_entity`] and its neighbours |
//! | keep several processes right | [`outbox`]: followers, or a relay to a bus |
//! | learn of what others write | [`postgres`], and the module `sqlite` |
//! | decide by what went wrong | [`DbError`], [`DbErrorKind`] |
//!
//! # What it cannot know
//!
//! - A read from a replica that lags behind may find the old row after the new one was committed, and it is stored. Read what is
//!   cached from the primary, or give it a short time to live.
//! - A write that neither goes through a transaction of ours nor says what it invalidates is learnt of from triggers or not
//!   at all.
//! - A follower learns of commits by other processes a moment after they have happened; until then its process may return
//!   what was true before. In the process that commits, what was invalidated is gone when `commit` returns.
//!
//! # Features
//!
//! None is on by default, and none pulls in more than it names.
//!
//! | feature | adds |
//! |---|---|
//! | `sqlx` | the module `sqlx`: reads on pools, connections and transactions of any database of sqlx |
//! | `sea-orm` | the module `sea_orm`: reads by SeaORM's own queries, and its transactions |
//! | `sea-orm-sqlite`, `sea-orm-postgres`, `sea-orm-mysql` | that database for SeaORM |
//! | `sqlx-sqlite`, `sqlx-postgres`, `sqlx-mysql` | that driver, and its outbox; SQLite's feed, PostgreSQL's change feed |
//! | `diesel` | the module `diesel`: reads by closures that block, and transactions, with any backend of Diesel |
//! | `diesel-sqlite`, `diesel-postgres` | that backend with its C library compiled in, and writing its outbox |
//! | `diesel-r2d2` | what errors of Diesel's r2d2 pool are |
//! | `diesel-async` | reads and transactions on connections of `diesel-async` |
//! | `diesel-async-postgres`, `diesel-async-mysql` | that connection, and writing its outbox |
//! | `diesel-async-deadpool` | reads on pools of deadpool, and what their errors are |
//! | `planted-bugs` | switches that break one rule each, for the suites of this project |
//!
//! The SQLite library is compiled in, once for all drivers.

mod cache;
#[cfg(feature = "diesel")]
pub mod diesel;
mod drivers;
mod error;
mod invalidations;
mod many;
mod naming;
pub mod outbox;
#[cfg_attr(
    not(feature = "planted-bugs"),
    allow(dead_code, unreachable_pub, reason = "switches that a build without the feature has none of")
)]
mod planted;
mod policy;
pub mod postgres;
mod prepared;
mod query;
#[cfg(feature = "sea-orm")]
pub mod sea_orm;
#[cfg(feature = "sqlx-sqlite")]
pub mod sqlite;
#[cfg(feature = "sqlx")]
pub mod sqlx;
mod terms;
mod transaction;

pub use cache::DbCache;
pub use error::{DbError, DbErrorKind, Result};
pub use hydracache_macros::{HydraCacheEntity, prepared_query_policy, query_cache_policy};
pub use hydracache_runtime::{CacheEntity, HydraCache, RefreshOptions as RefreshPolicy};
pub use invalidations::Invalidations;
pub use many::DbMany;
#[cfg(feature = "planted-bugs")]
pub use planted::{Planted, PlantedBug, plant};
pub use policy::QueryCachePolicy;
pub use prepared::{PreparedQuery, PreparedQueryPolicy};
pub use query::DbQuery;
pub use transaction::{BeginTransaction, DbTransaction, DriverTransaction};

/// What the derive of entities names, for those who have this crate alone.
#[doc(hidden)]
pub mod __private {
    pub use hydracache_runtime::macro_support::*;
}
