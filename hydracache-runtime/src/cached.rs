//! A value together with where it came from.

use std::time::Duration;

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// It was in the cache.
    Hit,
    /// This call loaded it.
    Loaded,
    /// Another call was loading it, and this one waited.
    Joined,
    /// It was in the cache and its time to live had ended; the call said that it may be.
    Stale,
    /// This call ran without the cache.
    Uncached,
}

/// A value, where it came from, and how old it is.
///
/// ```
/// # async fn example() -> hydracache_runtime::CacheResult<()> {
/// use hydracache_runtime::{CacheOptions, HydraCache, Source};
///
/// let cache = HydraCache::local().build();
/// cache.put("answer", 42_u8, CacheOptions::new()).await?;
/// let answer = cache.fetch::<u8>("answer").await?.expect("just put");
/// assert_eq!((answer.value, answer.source), (42, Source::Hit));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cached<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub source: Source,
    /// How long ago its load began; zero for a value that this call loaded.
    pub age: Duration,
}

impl<T> Cached<T> {
    pub(crate) fn new(value: T, source: Source, age: Duration) -> Self {
        Self { value, source, age }
    }
}

/// A value that was loaded just now, as the body of a cached function returns it whose callers want to see where their values
/// come from.
impl<T> From<T> for Cached<T> {
    fn from(value: T) -> Self {
        Self::new(value, Source::Loaded, Duration::ZERO)
    }
}
