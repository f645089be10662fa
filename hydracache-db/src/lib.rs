//! Database result caching for HydraCache: the part that knows no driver.
//!
//! # Why
//!
//! Two repositories over one cache must not invalidate each other by accident, and the key of a row must not be
//! spelled in five places. A [`DbCache`] gives a namespace to both keys and tags, and a [`DbQuery`] says once which
//! entity or collection a result is.
//!
//! This release has the neutral part: any async call can be cached with it. Adapters for drivers and invalidation
//! bound to transactions come in later releases; the changelog says when they are there.
//!
//! ```
//! use hydracache_db::DbCache;
//! use hydracache_runtime::HydraCache;
//!
//! # async fn example() -> hydracache_runtime::CacheResult<()> {
//! let queries = DbCache::new(HydraCache::local().build(), "db");
//! let name: String = queries
//!     .entity("user", 42)
//!     .collection_tag("users")
//!     .fetch_with(|| async { Ok::<_, std::io::Error>("Ada".to_owned()) })
//!     .await?;
//! assert_eq!(name, "Ada");
//! queries.invalidate_entity("user", 42).await?;
//! # Ok(())
//! # }
//! ```

mod cache;
mod query;

pub use cache::DbCache;
pub use hydracache_macros::HydraCacheEntity;
pub use hydracache_runtime::CacheEntity;
pub use query::DbQuery;

/// What the derive of entities names, for those who have this crate alone.
#[doc(hidden)]
pub mod __private {
    pub use hydracache_runtime::macro_support::*;
}
