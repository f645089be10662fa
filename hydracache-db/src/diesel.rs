//! Diesel: reads by closures that block, reads with `diesel-async`, and transactions that know what they invalidate.
//!
//! # Why
//!
//! Diesel's own connections block the thread that uses them. A read through the cache that did so would stop everybody else
//! on that thread, and would leave them waiting for rows they may not even need. So a read is told a closure, which runs on
//! the blocking pool of tokio, and only if the cache has no answer. With `diesel-async` a read is told the query and where to
//! run it.
//!
//! A closure on the blocking pool owns what it uses, so it takes a connection out of a pool itself:
//!
//! ```
//! use hydracache_db::diesel::{DieselCache, DieselQueryExt, diesel};
//! use hydracache_runtime::HydraCache;
//!
//! # async fn example() -> hydracache_db::diesel::Result<()> {
//! let queries = DieselCache::new(HydraCache::local().build(), "diesel");
//! let user_name = queries
//!     .entity::<String>("user", 42)
//!     .collection_tag("users")
//!     .diesel_one(move || {
//!         // let connection = &mut pool.get()?;
//!         // users::table.find(42).select(users::name).first(connection)
//!         Ok::<_, diesel::result::Error>("Ada".to_owned())
//!     })
//!     .await?;
//! assert_eq!(user_name, "Ada");
//! # Ok(())
//! # }
//! ```
//!
//! # Inside of a transaction
//!
//! What a transaction reads may never be committed, so it must not be cached. A closure on the blocking pool cannot borrow a
//! connection that is inside of a transaction, and there is no cached read on a `&mut` connection of Diesel's own: in the
//! body of a [`transaction`](DbCache::transaction) a query is run on the connection, as ever, and the cache is not asked.
//! Reads with `diesel-async` on a connection bypass the cache while that is inside of a transaction.
//!
//! # Features
//!
//! `diesel` takes any backend. `diesel-sqlite` and `diesel-postgres` switch on Diesel's own with its C library compiled in;
//! `diesel-async-postgres` and `diesel-async-mysql` those of `diesel-async`, which need none. Each adds the outbox of its
//! database. With `diesel-r2d2` and `diesel-async-deadpool` errors of these pools are recognised, and the latter is read on.

#[cfg(feature = "diesel-async")]
mod async_read;
#[cfg(feature = "diesel-async")]
mod async_source;
#[cfg(feature = "diesel-async")]
mod async_transaction;
#[cfg(all(
    feature = "diesel-async-deadpool",
    any(feature = "diesel-async-postgres", feature = "diesel-async-mysql")
))]
mod deadpool;
mod errors;
mod outbox;
mod query_ext;
mod status;
mod transaction;

pub use ::diesel;
#[cfg(feature = "diesel-async")]
pub use ::diesel_async;

#[cfg(feature = "diesel-async")]
pub use self::async_read::DieselAsyncQueryExt;
#[cfg(feature = "diesel-async")]
pub use self::async_source::DieselAsyncSource;
#[cfg(feature = "diesel-async")]
pub use self::async_transaction::TransactionBody;
pub use self::outbox::DieselBackend;
pub use self::query_ext::DieselQueryExt;
pub use crate::{
    CacheEntity, DbCache, DbError, DbErrorKind, DbQuery, HydraCacheEntity, Invalidations,
    PreparedQueryPolicy, QueryCachePolicy, RefreshPolicy, Result,
};

pub(crate) use self::errors::kind_of_load;

/// The cache for results that are read with Diesel: [`DbCache`] under the name of its adapter.
pub type DieselCache = DbCache;

/// A future whose type is not named.
#[cfg(feature = "diesel-async")]
pub(crate) type Boxed<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
