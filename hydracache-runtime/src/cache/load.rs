//! Reads that load what is not there.

use std::collections::HashMap;
use std::future::Future;

use super::HydraCache;
use crate::error::CacheResult;
use crate::many::{self, Alike, BulkKey};
use crate::ops::Asked;
use crate::options::{CacheOptions, RefreshOptions};
use crate::value::CacheValue;
use crate::view;

impl HydraCache {
    /// Returns the value of `key`, or loads, stores and returns it.
    ///
    /// Concurrent callers of one key share one load. A caller that goes away does not take the load with it: inside a
    /// tokio runtime the load goes on, elsewhere one of those who wait takes over.
    ///
    /// # Errors
    ///
    /// [`Load`](crate::ErrorKind::Load) with the loader's own error as [`source`](std::error::Error::source);
    /// [`LoadCycle`](crate::ErrorKind::LoadCycle) when the load would wait for itself; impossible options or a key
    /// over its limit, before the loader runs.
    pub async fn get_or_load<T, E, F, Fut>(
        &self,
        key: impl AsRef<str>,
        options: CacheOptions,
        loader: F,
    ) -> CacheResult<T>
    where
        T: CacheValue,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let started = view::start(self, key.as_ref(), &Asked::new(&options))?;
        started.finish(loader).await
    }

    /// Another name of [`get_or_load`](Self::get_or_load).
    ///
    /// # Errors
    ///
    /// As [`get_or_load`](Self::get_or_load).
    pub async fn try_get_or_insert_with<T, E, F, Fut>(
        &self,
        key: impl AsRef<str>,
        options: CacheOptions,
        loader: F,
    ) -> CacheResult<T>
    where
        T: CacheValue,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.get_or_load(key, options, loader).await
    }

    /// As [`get_or_load`](Self::get_or_load), for a loader that cannot fail.
    ///
    /// # Errors
    ///
    /// As [`get_or_load`](Self::get_or_load), except that the loader has none.
    pub async fn get_or_insert_with<T, F, Fut>(
        &self,
        key: impl AsRef<str>,
        options: CacheOptions,
        loader: F,
    ) -> CacheResult<T>
    where
        T: CacheValue,
        F: FnOnce() -> Fut,
        Fut: Future<Output = T> + Send + 'static,
    {
        self.get_or_load(key, options, view::infallible(loader)).await
    }

    /// As [`get_or_load`](Self::get_or_load), and says how values that are old and loads that are slow or fail are treated.
    ///
    /// ```
    /// # async fn example() -> hydracache_runtime::CacheResult<()> {
    /// use std::time::Duration;
    /// use hydracache_runtime::{CacheOptions, HydraCache, RefreshOptions};
    ///
    /// let cache = HydraCache::local().build();
    /// let rates = RefreshOptions::new()
    ///     .refresh_ahead(Duration::from_secs(10))
    ///     .stale_on_loader_error(Duration::from_secs(600));
    /// let rate: f64 = cache
    ///     .get_or_load_with_refresh("EUR", CacheOptions::new().ttl(Duration::from_secs(60)), rates, || async {
    ///         Ok::<_, std::io::Error>(1.08)
    ///     })
    ///     .await?;
    /// assert_eq!(rate, 1.08);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get_or_load`](Self::get_or_load); [`LoadTimeout`](crate::ErrorKind::LoadTimeout) when the load takes longer than
    /// its limit; [`InvalidRefresh`](crate::ErrorKind::InvalidRefresh) for windows and limits that cannot work together.
    pub async fn get_or_load_with_refresh<T, E, F, Fut>(
        &self,
        key: impl AsRef<str>,
        options: CacheOptions,
        refresh: RefreshOptions,
        loader: F,
    ) -> CacheResult<T>
    where
        T: CacheValue,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let asked = Asked { refresh: Some(&refresh), ..Asked::new(&options) };
        let started = view::start(self, key.as_ref(), &asked)?;
        started.finish(loader).await
    }

    /// As [`get_or_load`](Self::get_or_load), for a value that may not exist: a loaded `None` is treated as
    /// [`none_ttl`](CacheOptions::none_ttl) or [`skip_none`](CacheOptions::skip_none) say, else it is cached like any value.
    ///
    /// # Errors
    ///
    /// As [`get_or_load`](Self::get_or_load).
    pub async fn get_or_load_optional<T, E, F, Fut>(
        &self,
        key: impl AsRef<str>,
        options: CacheOptions,
        loader: F,
    ) -> CacheResult<Option<T>>
    where
        T: CacheValue,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Option<T>, E>> + Send + 'static,
    {
        let started = view::start(self, key.as_ref(), &Asked::optional(&options))?;
        started.finish(loader).await
    }

    /// Returns the values of those keys that are there. Each key is looked up once and counted once.
    ///
    /// # Errors
    ///
    /// The first error that [`get`](Self::get) would return.
    pub async fn get_many<K: BulkKey, T: CacheValue>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> CacheResult<HashMap<K, T>> {
        many::get_many(self, keys)
    }

    /// Returns the values of those keys that are there, and loads the others together.
    ///
    /// The loader is called with the keys that this call leads; for keys that others are loading the call waits, and
    /// fails if they fail. What these leave undone because they went away is loaded by a further call of the loader. A key that the loader
    /// returns nothing for is not in the result and nothing is stored for it; what it returns beside what it was asked for
    /// is stored as well, unless that key was written or loaded meanwhile. A key that it returns twice has the last of its
    /// values. Single and bulk calls of one key share their loads. A caller that goes away does not take the load with it.
    ///
    /// ```
    /// # async fn example() -> hydracache_runtime::CacheResult<()> {
    /// use hydracache_runtime::{CacheOptions, HydraCache};
    ///
    /// let cache = HydraCache::local().build();
    /// cache.put("a", 1_u32, CacheOptions::new()).await?;
    /// let found = cache
    ///     .get_many_or_load(["a", "b"], CacheOptions::new(), |missing| async move {
    ///         assert_eq!(missing, ["b"]);
    ///         Ok::<_, std::io::Error>(missing.into_iter().map(|key| (key, 2_u32)).collect::<Vec<_>>())
    ///     })
    ///     .await?;
    /// assert_eq!((found["a"], found["b"]), (1, 2));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get_or_load`](Self::get_or_load): the first one, when every load has ended. What was loaded is stored all the
    /// same.
    pub async fn get_many_or_load<K, T, E, M, F, Fut>(
        &self,
        keys: impl IntoIterator<Item = K>,
        options: CacheOptions,
        loader: F,
    ) -> CacheResult<HashMap<K, T>>
    where
        K: BulkKey,
        T: CacheValue,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        M: IntoIterator<Item = (K, T)>,
        F: FnMut(Vec<K>) -> Fut,
        Fut: Future<Output = Result<M, E>> + Send + 'static,
    {
        many::get_many_or_load(self, keys, options, Alike, loader).await
    }
}
