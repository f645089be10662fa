//! Database result caching for HydraCache.

mod cache;
mod drivers;
mod error;
mod many;
mod naming;
pub mod outbox;
mod policy;
pub mod postgres;
mod prepared;
mod query;
#[cfg(feature = "sqlx-sqlite")]
pub mod sqlite;
#[cfg(feature = "sqlx")]
pub mod sqlx;
mod terms;
mod transaction;

pub use cache::DbCache;
pub use error::{DbError, DbErrorKind, Result};
pub use hydracache_macros::HydraCacheEntity;
pub use hydracache_runtime::{CacheEntity, RefreshOptions as RefreshPolicy};
pub use many::DbMany;
pub use policy::QueryCachePolicy;
pub use prepared::{PreparedQuery, PreparedQueryPolicy};
pub use query::DbQuery;
pub use transaction::{BeginTransaction, DbTransaction, DriverTransaction};

/// What the derive of entities names, for those who have this crate alone.
#[doc(hidden)]
pub mod __private {
    pub use hydracache_runtime::macro_support::*;
}
