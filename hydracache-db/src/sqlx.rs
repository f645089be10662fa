//! sqlx: reads by its own queries, on whatever runs them, and transactions that know what they invalidate.
//!
//! # Why
//!
//! A read through a cache must not make a program write its queries differently, and must not hand an uncommitted row to
//! everybody. So a read is told the query as sqlx has it and where to run it; where that is inside of a transaction, the
//! cache is left out.
//!
//! ```
//! use hydracache_db::sqlx::{DbCache, SqlxQueryExt, sqlx};
//! use hydracache_runtime::HydraCache;
//!
//! # async fn example(pool: sqlx::Pool<sqlx::Sqlite>) -> hydracache_db::sqlx::Result<()> {
//! let users = DbCache::new(HydraCache::local().build(), "users");
//! let (id, name): (i64, String) = users
//!     .entity("user", 42)
//!     .sqlx_one(&pool, sqlx::query_as("select id, name from users where id = $1").bind(42))
//!     .await?;
//!
//! let mut tx = users.begin(&pool).await?;
//! sqlx::query("update users set name = 'Grace' where id = $1").bind(id).execute(&mut *tx).await?;
//! tx.invalidates_entity_named("user", id);
//! tx.commit().await?;
//! # let _ = name;
//! # Ok(())
//! # }
//! ```

mod errors;
mod into;
mod query_ext;
mod read;
mod source;
mod transaction;

pub use ::sqlx;

pub use self::query_ext::SqlxQueryExt;
pub use self::read::SqlxRead;
pub use self::source::{OfConnection, OfPool, OfPooled, OfTransaction, SqlxSource};
pub use crate::{
    CacheEntity, DbCache, DbError, DbErrorKind, DbQuery, DbTransaction, HydraCache, HydraCacheEntity,
    PreparedQueryPolicy, QueryCachePolicy, RefreshPolicy, Result,
};

/// A transaction of sqlx that knows what it invalidates, as [`DbCache::begin`] returns it.
///
/// A function that writes in somebody's transaction takes it by reference:
///
/// ```
/// # use hydracache_db::sqlx::{DbCache, SqlxTransaction, sqlx};
/// async fn rename(tx: &mut SqlxTransaction<'_, sqlx::Sqlite>, id: i64) -> sqlx::Result<()> {
///     // `&mut *tx` where `tx` is the transaction itself, and not a reference to it.
///     sqlx::query("update users set name = 'Grace' where id = $1").bind(id).execute(&mut **tx).await?;
///     tx.invalidates_entity_named("user", id);
///     Ok(())
/// }
/// ```
pub type SqlxTransaction<'t, DB> = DbTransaction<::sqlx::Transaction<'t, DB>>;

/// A future whose type is not named.
pub(crate) type Boxed<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
