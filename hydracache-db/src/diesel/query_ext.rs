//! Cached reads by closures that block.

use std::error::Error as StdError;
use std::future::Future;
use std::panic::resume_unwind;

use hydracache_runtime::CacheValue;
use tokio::runtime::Handle;

use crate::error::{Context, DbError, DbErrorKind, Result};
use crate::query::{DbQuery, existing};

type BoxError = Box<dyn StdError + Send + Sync>;

/// Cached reads by closures that block, as queries on Diesel's own connections do.
///
/// The closure is run on tokio's blocking pool if the cache has no answer. It owns what it uses, so a connection is best
/// taken out of a pool in it: the errors of pool and query meet in a `Box<dyn Error + Send + Sync>`, or in an error of yours.
///
/// # Cancellation
///
/// A closure that runs cannot be stopped. When its caller goes away the load goes on, and its result is stored.
///
/// # Panics
///
/// A panic of the closure goes on in the caller whose read ran it; what others who wait for it are told is said at
/// [`DbQuery::load`].
pub trait DieselQueryExt<T: CacheValue>: Sized {
    /// Returns the cached row, or runs the closure, stores and returns its result.
    ///
    /// # Errors
    ///
    /// The error of the closure as the source; [`NotFound`](DbErrorKind::NotFound) if it is that of Diesel, which is not
    /// remembered. [`NoRuntime`](DbErrorKind::NoRuntime) if there is something to be loaded outside of a tokio runtime.
    fn diesel_one<E, F>(self, load: F) -> impl Future<Output = Result<T>> + Send + use<Self, T, E, F>
    where
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
        F: FnOnce() -> std::result::Result<T, E> + Send + 'static;

    /// As [`diesel_one`](Self::diesel_one), for a row that may not exist, which is remembered as well. The closure says so with
    /// `optional()`.
    ///
    /// # Errors
    ///
    /// As [`diesel_one`](Self::diesel_one).
    ///
    /// ```
    /// use hydracache_db::diesel::{DieselCache, DieselQueryExt, diesel};
    /// use diesel::OptionalExtension;
    ///
    /// # async fn example(queries: DieselCache) -> hydracache_db::diesel::Result<()> {
    /// let nobody = queries
    ///     .entity::<String>("user", 7)
    ///     .diesel_optional(|| Err::<String, _>(diesel::NotFound).optional())
    ///     .await?;
    /// assert_eq!(nobody, None);
    /// # Ok(())
    /// # }
    /// ```
    fn diesel_optional<E, F>(
        self,
        load: F,
    ) -> impl Future<Output = Result<Option<T>>> + Send + use<Self, T, E, F>
    where
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
        F: FnOnce() -> std::result::Result<Option<T>, E> + Send + 'static;

    /// As [`diesel_one`](Self::diesel_one), for a list, which may be empty.
    ///
    /// # Errors
    ///
    /// As [`diesel_one`](Self::diesel_one).
    fn diesel_all<E, F>(self, load: F) -> impl Future<Output = Result<Vec<T>>> + Send + use<Self, T, E, F>
    where
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
        F: FnOnce() -> std::result::Result<Vec<T>, E> + Send + 'static;
}

impl<T: CacheValue> DieselQueryExt<T> for DbQuery<T> {
    async fn diesel_one<E, F>(self, load: F) -> Result<T>
    where
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
        F: FnOnce() -> std::result::Result<T, E> + Send + 'static,
    {
        let (read, context) = self.row("diesel_one")?;
        let row = read.owned(|| blocking(context.clone(), || load().map(Some))).await;
        existing(row, context)
    }

    async fn diesel_optional<E, F>(self, load: F) -> Result<Option<T>>
    where
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
        F: FnOnce() -> std::result::Result<Option<T>, E> + Send + 'static,
    {
        let (read, context) = self.row_or_none("diesel_optional")?;
        let row = read.owned(|| blocking(context.clone(), load)).await;
        row.map_err(|error| DbError::of_cache(context, error))
    }

    async fn diesel_all<E, F>(self, load: F) -> Result<Vec<T>>
    where
        E: Into<Box<dyn StdError + Send + Sync>> + 'static,
        F: FnOnce() -> std::result::Result<Vec<T>, E> + Send + 'static,
    {
        let (read, context) = self.list("diesel_all")?;
        let rows = read.owned(|| blocking(context.clone(), load)).await;
        rows.map_err(|error| DbError::of_cache(context, error))
    }
}

/// Runs a closure on tokio's blocking pool.
async fn blocking<V, E, F>(context: Context, load: F) -> std::result::Result<V, BoxError>
where
    V: Send + 'static,
    E: Into<BoxError> + 'static,
    F: FnOnce() -> std::result::Result<V, E> + Send + 'static,
{
    let Ok(runtime) = Handle::try_current() else {
        let cure =
            "a closure that blocks needs the blocking pool of a tokio runtime: await the read inside of one";
        return Err(DbError::new(DbErrorKind::NoRuntime, context, cure).into());
    };
    // The error is made one that may change threads where it arises.
    match runtime.spawn_blocking(move || load().map_err(Into::into)).await {
        Ok(loaded) => loaded,
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(shutdown) => Err(DbError::caused_by(DbErrorKind::NoRuntime, context, shutdown).into()),
        },
    }
}
