//! A view of a cache with one type of value and one namespace.

mod events;
mod load;

use std::fmt;

use bytes::Bytes;

use crate::applied::Applied;
use crate::cache::HydraCache;
use crate::cached::Cached;
use crate::engine::FillToken;
use crate::error::CacheResult;
use crate::key::KeyBuf;
use crate::ops::{Namespace, Ops};
use crate::options::{CacheOptions, RefreshOptions};
use crate::policy::Windows;
use crate::sync::Arc;
use crate::tag::TagCell;
use crate::value::{Access, CacheValue, MemoryValue};
use crate::view::View;

/// The part of a cache whose keys begin with a namespace and whose values are all of one type.
///
/// A key `k` of the view of `users` is the key `users:k` of the cache: the same entry. The namespace is escaped, the
/// key is used as it is given, so that keys of a [`CacheKeyBuilder`](crate::CacheKeyBuilder) can be passed.
///
/// ```
/// # async fn example() -> hydracache_runtime::CacheResult<()> {
/// use hydracache_runtime::{CacheOptions, HydraCache};
///
/// let cache = HydraCache::local().build();
/// let users = cache.typed::<String>("users");
/// users.put("42", "Ada".to_owned(), CacheOptions::new()).await?;
/// assert_eq!(cache.get::<String>("users:42").await?.as_deref(), Some("Ada"));
/// users.clear().await?;
/// assert_eq!(users.get("42").await?, None);
/// # Ok(())
/// # }
/// ```
pub struct TypedCache<T> {
    cache: HydraCache,
    access: Access<T>,
    name: Arc<str>,
    /// Known by the escaped name, with which the keys begin.
    namespace: Arc<TagCell>,
    prefix: Arc<str>,
}

impl<T> Clone for TypedCache<T> {
    fn clone(&self) -> Self {
        Self {
            cache: self.cache.clone(),
            access: self.access,
            name: Arc::clone(&self.name),
            namespace: Arc::clone(&self.namespace),
            prefix: Arc::clone(&self.prefix),
        }
    }
}

impl<T: MemoryValue> TypedCache<T> {
    pub(crate) fn new(cache: HydraCache, namespace: &str, access: Access<T>) -> Self {
        let mut prefix = KeyBuf::new();
        prefix.push_segment(namespace);
        let cell = cache.engine.namespace_cell(prefix.as_str());
        prefix.push_raw(":");
        Self { name: namespace.into(), namespace: cell, prefix: prefix.as_str().into(), cache, access }
    }

    fn ops(&self) -> Ops<'_> {
        Ops { namespace: Namespace::Cell(&self.namespace), ..self.cache.ops() }
    }

    /// The fresh value of a whole key, for a read that asks for no more.
    #[inline]
    pub(crate) fn found(
        &self,
        text: &str,
        options: &CacheOptions,
        refresh: Option<&RefreshOptions>,
        accepts: fn(&T) -> bool,
    ) -> Option<T> {
        let windows = match refresh {
            None => Windows::NONE,
            Some(refresh) => Windows::new(refresh, self.cache.engine.resolve_ttl(options.ttl).ok()?).ok()?,
        };
        self.ops().found(text, &self.access, &windows, accepts)
    }

    /// The namespace, as it was given.
    pub fn namespace(&self) -> &str {
        &self.name
    }

    /// The cache this is a view of.
    pub fn cache(&self) -> &HydraCache {
        &self.cache
    }

    /// The view of the same namespace in which every value is a `U`, made without allocating.
    ///
    /// ```
    /// use hydracache_runtime::HydraCache;
    ///
    /// let names = HydraCache::local().build().typed::<String>("users");
    /// let ages = names.retyped::<u8>();
    /// assert_eq!(ages.namespace(), names.namespace());
    /// ```
    pub fn retyped<U: CacheValue>(&self) -> TypedCache<U> {
        TypedCache {
            cache: self.cache.clone(),
            access: Access::encodable(),
            name: Arc::clone(&self.name),
            namespace: Arc::clone(&self.namespace),
            prefix: Arc::clone(&self.prefix),
        }
    }

    /// As [`HydraCache::get`].
    ///
    /// # Errors
    ///
    /// As [`HydraCache::get`].
    pub async fn get(&self, key: impl AsRef<str>) -> CacheResult<Option<T>> {
        self.with_key(key.as_ref(), |ops, key| ops.get(key, &self.access, |_, value| value.clone()))
    }

    /// As [`HydraCache::get_arc`].
    ///
    /// # Errors
    ///
    /// As [`HydraCache::get`].
    pub async fn get_arc(&self, key: impl AsRef<str>) -> CacheResult<Option<Arc<T>>> {
        let found =
            self.with_key(key.as_ref(), |ops, key| ops.get(key, &self.access, |any, _| Arc::clone(any)))?;
        Ok(found.map(|any| any.downcast().expect("it was read as this type")))
    }

    /// As [`HydraCache::peek`].
    ///
    /// # Errors
    ///
    /// As [`HydraCache::get`].
    pub fn peek(&self, key: impl AsRef<str>) -> CacheResult<Option<T>> {
        self.with_key(key.as_ref(), |ops, key| ops.peek(key, &self.access))
    }

    /// As [`HydraCache::fetch`].
    ///
    /// # Errors
    ///
    /// As [`HydraCache::get`].
    pub async fn fetch(&self, key: impl AsRef<str>) -> CacheResult<Option<Cached<T>>> {
        self.with_key(key.as_ref(), |ops, key| ops.fetch(key, &self.access))
    }

    /// As [`HydraCache::put`].
    pub fn put(&self, key: impl AsRef<str>, value: T, options: CacheOptions) -> Applied {
        self.with_key(key.as_ref(), |ops, key| ops.put(key, value, &self.access, &options))
    }

    /// As [`HydraCache::get_encoded`].
    ///
    /// # Errors
    ///
    /// As [`HydraCache::get_encoded`].
    pub async fn get_encoded(&self, key: impl AsRef<str>) -> CacheResult<Option<Bytes>> {
        self.with_key(key.as_ref(), |ops, key| ops.get_encoded(key))
    }

    /// As [`HydraCache::put_encoded`].
    pub fn put_encoded(
        &self,
        key: impl AsRef<str>,
        bytes: impl Into<Bytes>,
        options: CacheOptions,
    ) -> Applied {
        self.with_key(key.as_ref(), |ops, key| ops.put_encoded(key, bytes.into(), &options))
    }

    /// As [`HydraCache::fill_token`].
    ///
    /// # Errors
    ///
    /// As [`HydraCache::fill_token`].
    pub fn fill_token(&self, key: impl AsRef<str>) -> CacheResult<FillToken> {
        self.with_key(key.as_ref(), |ops, key| ops.fill_token(key))
    }

    /// As [`HydraCache::fill`], for a token that this view gave out.
    ///
    /// # Errors
    ///
    /// As [`HydraCache::fill`].
    pub fn fill(&self, token: &FillToken, value: T, options: CacheOptions) -> CacheResult<bool> {
        self.ops().fill(token, value, &self.access, &options)
    }

    /// As [`HydraCache::fill_encoded`], for a token that this view gave out.
    ///
    /// # Errors
    ///
    /// As [`HydraCache::fill_encoded`].
    pub fn fill_encoded(
        &self,
        token: &FillToken,
        bytes: impl Into<Bytes>,
        options: CacheOptions,
    ) -> CacheResult<bool> {
        self.ops().fill_encoded(token, bytes.into(), &options)
    }

    /// As [`HydraCache::contains_key`].
    pub async fn contains_key(&self, key: impl AsRef<str>) -> bool {
        self.with_key(key.as_ref(), |ops, key| ops.contains(key))
    }

    /// As [`HydraCache::remove`].
    pub fn remove(&self, key: impl AsRef<str>) -> Applied<bool> {
        self.with_key(key.as_ref(), |ops, key| ops.remove(key))
    }

    /// Another name of [`remove`](Self::remove).
    pub fn invalidate_key(&self, key: impl AsRef<str>) -> Applied<bool> {
        self.remove(key)
    }

    /// As [`HydraCache::expire_key`].
    pub fn expire_key(&self, key: impl AsRef<str>) -> Applied<bool> {
        self.with_key(key.as_ref(), |ops, key| ops.expire(key))
    }

    /// As [`HydraCache::invalidate_tag`]: the tags of a cache are common to all its views.
    pub fn invalidate_tag(&self, tag: impl AsRef<str>) -> Applied {
        self.cache.invalidate_tag(tag)
    }

    /// As [`HydraCache::invalidate_tags`].
    pub fn invalidate_tags<I>(&self, tags: I) -> Applied
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        self.cache.invalidate_tags(tags)
    }

    /// As [`HydraCache::invalidate_prefix`], within the view.
    pub fn invalidate_prefix(&self, prefix: impl AsRef<str>) -> Applied<u64> {
        self.with_key(prefix.as_ref(), |_, text| self.cache.invalidate_prefix(text))
    }

    /// Invalidates every entry of the view, in constant time.
    pub fn clear(&self) -> Applied {
        self.cache.invalidate_namespace(self.namespace())
    }
}

impl<T: MemoryValue> View<T> for TypedCache<T> {
    fn access(&self) -> Access<T> {
        self.access
    }

    fn with_key<R>(&self, key: &str, work: impl FnOnce(Ops<'_>, &str) -> R) -> R {
        let mut text = KeyBuf::new();
        text.push_raw(&self.prefix);
        text.push_raw(key);
        work(self.ops(), text.as_str())
    }
}

impl<T> fmt::Debug for TypedCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedCache")
            .field("cache", &self.cache)
            .field("namespace", &self.name)
            .field("values", &self.access)
            .finish_non_exhaustive()
    }
}
