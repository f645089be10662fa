//! The cache: what a program does with keys by hand.

mod events;
mod load;

use std::fmt;

use bytes::Bytes;
use serde::Serialize;

use crate::applied::Applied;
use crate::builder::LocalBuilder;
use crate::cached::Cached;
use crate::engine::{By, Engine, FillToken};
use crate::error::CacheResult;
use crate::event::{CacheDiagnostics, CacheStats};
use crate::invalidation::CacheInvalidation;
use crate::key::KeyBuf;
use crate::ops::Ops;
use crate::options::CacheOptions;
use crate::sync::Arc;
use crate::typed::TypedCache;
use crate::value::{Access, CacheValue, MemoryValue};
use crate::write_intent::WriteIntent;

/// A cache of values of any type under text keys.
///
/// Cloning gives another handle to the same cache. Every method takes `&self`; a cache is used from any number of
/// threads and tasks, inside or outside of a tokio runtime.
///
/// Writes and invalidations are applied when they are called. What they return is awaited only for what lies beyond
/// this process. When an invalidation has returned, no later read returns a value whose load began before it.
///
/// ```
/// # async fn example() -> hydracache_runtime::CacheResult<()> {
/// use std::time::Duration;
/// use hydracache_runtime::{CacheOptions, HydraCache};
///
/// let cache = HydraCache::local().max_capacity(10_000).build();
/// let name: String = cache
///     .get_or_load("user:42", CacheOptions::new().ttl(Duration::from_secs(60)).tag("users"), || async {
///         Ok::<_, std::io::Error>("Ada".to_owned())
///     })
///     .await?;
/// assert_eq!(name, "Ada");
/// cache.invalidate_tag("users").await?;
/// assert_eq!(cache.get::<String>("user:42").await?, None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HydraCache {
    pub(crate) engine: Arc<Engine>,
}

impl HydraCache {
    /// A builder of a cache in this process.
    pub fn local() -> LocalBuilder {
        LocalBuilder::new()
    }

    pub(crate) fn ops(&self) -> Ops<'_> {
        Ops::raw(&self.engine)
    }

    /// The name the cache was built with.
    pub fn name(&self) -> &str {
        &self.engine.settings().name
    }

    /// Returns a clone of the value of `key`; `None` when it is missing, expired or invalidated.
    ///
    /// # Errors
    ///
    /// [`TypeMismatch`](crate::ErrorKind::TypeMismatch) when the key holds a value of another type,
    /// [`KeyTooLong`](crate::ErrorKind::KeyTooLong).
    pub async fn get<T: CacheValue>(&self, key: impl AsRef<str>) -> CacheResult<Option<T>> {
        self.ops().get(key.as_ref(), &Access::encodable(), |_, value: &T| value.clone())
    }

    /// Returns the shared value of `key` without cloning what is inside.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn get_arc<T: CacheValue>(&self, key: impl AsRef<str>) -> CacheResult<Option<Arc<T>>> {
        let found = self.ops().get(key.as_ref(), &Access::<T>::encodable(), |any, _| Arc::clone(any))?;
        Ok(found.map(|any| any.downcast().expect("it was read as this type")))
    }

    /// Returns a clone of the value of `key` without counting a request and, with
    /// [`Eviction::S3Fifo`](crate::Eviction::S3Fifo), without noting a use.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn peek<T: CacheValue>(&self, key: impl AsRef<str>) -> CacheResult<Option<T>> {
        self.ops().peek(key.as_ref(), &Access::encodable())
    }

    /// Returns a clone of the value of `key` with its source and age.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn fetch<T: CacheValue>(&self, key: impl AsRef<str>) -> CacheResult<Option<Cached<T>>> {
        self.ops().fetch(key.as_ref(), &Access::encodable())
    }

    /// Stores a value as of now. A load of the key that is under way will not overwrite it.
    ///
    /// To store what was read from a source earlier, take a [`fill_token`](Self::fill_token) before reading.
    ///
    /// # Errors
    ///
    /// Impossible options or a key over its limit: nothing is stored, and what is cached stays.
    /// [`TooLarge`](crate::ErrorKind::TooLarge) in a cache bounded in bytes.
    pub fn put<T: Serialize + Clone + Send + Sync + 'static>(
        &self,
        key: impl AsRef<str>,
        value: T,
        options: CacheOptions,
    ) -> Applied {
        self.ops().put(key.as_ref(), value, &Access::write_only(), &options)
    }

    /// Returns the byte form of the value of `key`: an envelope with a checksum and the encoded value.
    ///
    /// The value is encoded on the first call and the bytes are kept.
    ///
    /// # Errors
    ///
    /// [`NotEncodable`](crate::ErrorKind::NotEncodable) for a value that is kept in memory only,
    /// [`Encode`](crate::ErrorKind::Encode) when the codec refuses it.
    pub async fn get_encoded(&self, key: impl AsRef<str>) -> CacheResult<Option<Bytes>> {
        self.ops().get_encoded(key.as_ref())
    }

    /// Stores bytes that [`get_encoded`](Self::get_encoded) returned, here or elsewhere, as of now.
    ///
    /// The first typed read decodes them. Bytes that turn out to be no value of that type are a miss.
    ///
    /// # Errors
    ///
    /// [`Decode`](crate::ErrorKind::Decode) when the envelope is damaged or foreign; what is cached stays.
    pub fn put_encoded(
        &self,
        key: impl AsRef<str>,
        bytes: impl Into<Bytes>,
        options: CacheOptions,
    ) -> Applied {
        self.ops().put_encoded(key.as_ref(), bytes.into(), &options)
    }

    /// Notes the present moment for `key`, before its source is read by hand.
    ///
    /// ```
    /// # async fn example() -> hydracache_runtime::CacheResult<()> {
    /// # use hydracache_runtime::{CacheOptions, HydraCache};
    /// let cache = HydraCache::local().build();
    /// let token = cache.fill_token("user:42")?;
    /// let read_meanwhile = "Ada".to_owned();
    /// cache.invalidate_key("user:42").await?;
    /// assert!(!cache.fill(&token, read_meanwhile, CacheOptions::new())?, "what was read is too old");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyTooLong`](crate::ErrorKind::KeyTooLong).
    pub fn fill_token(&self, key: impl AsRef<str>) -> CacheResult<FillToken> {
        self.ops().fill_token(key.as_ref())
    }

    /// Stores what was read since `token` was taken. Returns `false` and stores nothing if the key was written or is
    /// being loaded, or if a tag of the options was invalidated since; a write to a neighbouring key may refuse it too.
    ///
    /// # Errors
    ///
    /// [`ForeignToken`](crate::ErrorKind::ForeignToken) for a token of another cache; otherwise as [`put`](Self::put).
    pub fn fill<T: Serialize + Clone + Send + Sync + 'static>(
        &self,
        token: &FillToken,
        value: T,
        options: CacheOptions,
    ) -> CacheResult<bool> {
        self.ops().fill(token, value, &Access::write_only(), &options)
    }

    /// As [`fill`](Self::fill), with the byte form.
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill) and [`put_encoded`](Self::put_encoded).
    pub fn fill_encoded(
        &self,
        token: &FillToken,
        bytes: impl Into<Bytes>,
        options: CacheOptions,
    ) -> CacheResult<bool> {
        self.ops().fill_encoded(token, bytes.into(), &options)
    }

    /// Whether a read of `key` would find a value. Counts no request. A key over its limit holds none.
    pub async fn contains_key(&self, key: impl AsRef<str>) -> bool {
        self.ops().contains(key.as_ref())
    }

    /// Takes a key out. `true` if a read would have found it.
    pub fn remove(&self, key: impl AsRef<str>) -> Applied<bool> {
        self.ops().remove(key.as_ref())
    }

    /// Another name of [`remove`](Self::remove).
    pub fn invalidate_key(&self, key: impl AsRef<str>) -> Applied<bool> {
        self.remove(key)
    }

    /// Ends the freshness of a key: a read finds nothing and the next call loads, but a call that takes stale values may be
    /// handed this one until its windows end. `true` if a read would have found it.
    pub fn expire_key(&self, key: impl AsRef<str>) -> Applied<bool> {
        self.ops().expire(key.as_ref())
    }

    /// Invalidates every entry that carries `tag`, in the same time for one as for a million.
    ///
    /// Loads under way that carry the tag, or turn out to, store nothing. The memory comes back by itself.
    ///
    /// The outcome is [`TagTooLong`](crate::ErrorKind::TagTooLong) for a tag that no entry can carry.
    pub fn invalidate_tag(&self, tag: impl AsRef<str>) -> Applied {
        let tag = tag.as_ref();
        let applied = self.engine.invalidate_tag(tag, By::Caller);
        self.engine.announced(applied, || CacheInvalidation::Tag(tag.to_owned()))
    }

    /// Invalidates every entry that carries one of `tags`.
    ///
    /// The outcome is the first error, if there is one; the other tags are invalidated all the same.
    pub fn invalidate_tags<I>(&self, tags: I) -> Applied
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        tags.into_iter().map(|tag| self.invalidate_tag(tag)).fold(Applied::new(Ok(())), Applied::and)
    }

    /// Invalidates every entry of the typed view of `namespace`, in constant time.
    ///
    /// Entries that were stored under raw keys of the same text are hidden from the view as well; raw reads still
    /// find those.
    pub fn invalidate_namespace(&self, namespace: impl AsRef<str>) -> Applied {
        let mut escaped = KeyBuf::new();
        escaped.push_segment(namespace.as_ref());
        self.engine.clear(escaped.as_str())
    }

    /// Takes out every key that is `prefix` or continues it with a further segment, and says how many entries went:
    /// `user:1` takes `user:1` and `user:1:posts` and leaves `user:10`. Loads of such keys that are under way store nothing.
    ///
    /// Looks at every entry: O(entries + loads). A tag or a namespace is invalidated in constant time.
    pub fn invalidate_prefix(&self, prefix: impl AsRef<str>) -> Applied<u64> {
        let prefix = prefix.as_ref();
        let removed = self.engine.invalidate_prefix(prefix, By::Caller);
        self.engine.announced(Ok(removed), || CacheInvalidation::Prefix(prefix.to_owned()))
    }

    /// Notes that the source of `key` is about to be written, so that its outcome can be [put](WriteIntent::put) even if
    /// others write it at the same time.
    ///
    /// # Errors
    ///
    /// [`KeyTooLong`](crate::ErrorKind::KeyTooLong).
    pub fn write_intent(&self, key: impl AsRef<str>) -> CacheResult<WriteIntent> {
        WriteIntent::open(self, key.as_ref())
    }

    /// Invalidates everything, in constant time. The memory comes back by itself.
    pub fn flush(&self) -> Applied {
        self.engine.flush(By::Caller);
        self.engine.announced(Ok(()), || CacheInvalidation::Flush)
    }

    /// A view of this cache in which every value is a `T` and every key begins with `namespace`.
    pub fn typed<T: CacheValue>(&self, namespace: impl AsRef<str>) -> TypedCache<T> {
        TypedCache::new(self.clone(), namespace.as_ref(), Access::encodable())
    }

    /// As [`typed`](Self::typed), for values that never leave memory and need no serde.
    pub fn typed_memory_only<T: MemoryValue>(&self, namespace: impl AsRef<str>) -> TypedCache<T> {
        TypedCache::new(self.clone(), namespace.as_ref(), Access::memory_only())
    }

    /// The counters, those of annotated functions that use this cache included.
    pub fn stats(&self) -> CacheStats {
        self.engine.stats()
    }

    /// The counters and what the cache holds. Looks at every entry: O(entries).
    pub async fn diagnostics(&self) -> CacheDiagnostics {
        self.engine.diagnostics()
    }

    /// Takes every dead entry out now and returns how many went. O(entries + tags); a thread of the crate's own does
    /// the same in the background, so this is for tests and for programs that want the memory at once.
    pub fn sweep(&self) -> u64 {
        self.engine.sweep()
    }
}

impl fmt::Debug for HydraCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HydraCache").field("name", &self.name()).finish_non_exhaustive()
    }
}
