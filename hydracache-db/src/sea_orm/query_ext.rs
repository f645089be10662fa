//! Cached reads by any code that uses SeaORM.

use std::error::Error as StdError;
use std::future::Future;

use hydracache_runtime::CacheValue;

use crate::error::{DbError, Result};
use crate::query::{DbQuery, existing};

/// Cached reads by any async code, for what a query of SeaORM alone does not say; see [`SeaOrmSelect`](super::SeaOrmSelect) for
/// those that do.
///
/// The closure is called only if the result is not cached. What it returns owns what it needs, such as a clone of the
/// `DatabaseConnection`, which is a handle: the load goes on when its caller goes away, so that those who wait for it, and
/// the cache, get the result.
///
/// ```
/// use hydracache_db::sea_orm::{SeaOrmCache, SeaOrmQueryExt, sea_orm};
/// use hydracache_runtime::HydraCache;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> hydracache_db::sea_orm::Result<()> {
/// let queries = SeaOrmCache::new(HydraCache::local().build(), "seaorm");
/// let user_name = queries
///     .entity::<String>("user", 42)
///     .collection_tag("users")
///     .sea_one(|| async { Ok::<_, sea_orm::DbErr>("Ada".to_owned()) })
///     .await?;
/// assert_eq!(user_name, "Ada");
/// # Ok(())
/// # }
/// ```
pub trait SeaOrmQueryExt<T: CacheValue>: Sized {
    /// Returns the cached row, or what `load` returns.
    ///
    /// # Errors
    ///
    /// The error of `load` as the source; [`NotFound`](crate::DbErrorKind::NotFound) for `DbErr::RecordNotFound`, which is not
    /// remembered. [`NoKey`](crate::DbErrorKind::NoKey) if it was not said which result this is.
    fn sea_one<E, F, Fut>(self, load: F) -> impl Future<Output = Result<T>> + Send + use<Self, T, E, F, Fut>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = std::result::Result<T, E>> + Send + 'static;

    /// Returns the cached row or that there is none, or what `load` returns; that there is none is remembered as well.
    ///
    /// # Errors
    ///
    /// As [`sea_one`](Self::sea_one), without `NotFound`.
    fn sea_optional<E, F, Fut>(
        self,
        load: F,
    ) -> impl Future<Output = Result<Option<T>>> + Send + use<Self, T, E, F, Fut>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = std::result::Result<Option<T>, E>> + Send + 'static;

    /// Returns the cached rows, or what `load` returns; that there are none is remembered as well.
    ///
    /// # Errors
    ///
    /// As [`sea_one`](Self::sea_one), without `NotFound`.
    fn sea_all<E, F, Fut>(
        self,
        load: F,
    ) -> impl Future<Output = Result<Vec<T>>> + Send + use<Self, T, E, F, Fut>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = std::result::Result<Vec<T>, E>> + Send + 'static;
}

impl<T: CacheValue> SeaOrmQueryExt<T> for DbQuery<T> {
    async fn sea_one<E, F, Fut>(self, load: F) -> Result<T>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = std::result::Result<T, E>> + Send + 'static,
    {
        let (read, context) = self.row("sea_one")?;
        let load = || {
            let loading = load();
            async move { loading.await.map(Some) }
        };
        existing(read.owned(load).await, context)
    }

    async fn sea_optional<E, F, Fut>(self, load: F) -> Result<Option<T>>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = std::result::Result<Option<T>, E>> + Send + 'static,
    {
        let (read, context) = self.row_or_none("sea_optional")?;
        read.owned(load).await.map_err(|error| DbError::of_cache(context, error))
    }

    async fn sea_all<E, F, Fut>(self, load: F) -> Result<Vec<T>>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = std::result::Result<Vec<T>, E>> + Send + 'static,
    {
        let (read, context) = self.list("sea_all")?;
        read.owned(load).await.map_err(|error| DbError::of_cache(context, error))
    }
}
