//! One cached result: its key, its tags, its time to live.

use std::error::Error as StdError;
use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use hydracache_runtime::{CacheOptions, CacheResult, CacheValue};

use crate::cache::DbCache;

/// A result that is about to be read from the cache or from the database.
///
/// `None` and empty lists are results and are cached; errors are not.
#[derive(Debug, Clone)]
#[must_use = "a query reads nothing until `fetch_with`"]
pub struct DbQuery<T> {
    cache: DbCache,
    key: String,
    options: CacheOptions,
    result: PhantomData<fn() -> T>,
}

impl<T: CacheValue> DbQuery<T> {
    pub(crate) fn new(cache: &DbCache, key: String, tag: String) -> Self {
        let options = CacheOptions::new().tag(cache.tag(&tag));
        Self { cache: cache.clone(), key, options, result: PhantomData }
    }

    /// Lets the result be invalidated with a collection.
    pub fn collection_tag(self, name: &str) -> Self {
        self.tag(name)
    }

    /// Lets the result be invalidated with a tag of the namespace.
    pub fn tag(mut self, tag: &str) -> Self {
        self.options = self.options.tag(self.cache.tag(tag));
        self
    }

    /// Lets the result expire.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.options = self.options.ttl(ttl);
        self
    }

    /// Returns the cached result, or runs `load`, stores and returns its result.
    ///
    /// # Errors
    ///
    /// The error of `load` as the source of a [`Load`](hydracache_runtime::ErrorKind::Load) error; impossible options.
    pub async fn fetch_with<E, F, Fut>(self, load: F) -> CacheResult<T>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.cache.view().get_or_load(&self.key, self.options, load).await
    }
}
