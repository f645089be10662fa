//! What the database crate reads and writes through. Everything here may change together with it.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::hash::Hash;

pub use crate::commit::CommitItem;
pub use crate::draft::Draft;
pub use crate::key::KeyBuf;

use crate::adopt::Adoptable;
use crate::applied::Applied;
use crate::cache::HydraCache;
use crate::draft::{self, SharedLook};
use crate::engine;
use crate::error::{CacheResult, Error};
use crate::invalidation::CacheInvalidation;
use crate::many::{self, Single};
use crate::ops::{Asked, Look, Started};
use crate::options::{CacheOptions, RefreshOptions};
use crate::sync::Arc;
use crate::tag::Tag;
use crate::typed::TypedCache;
use crate::value::{CacheValue, MemoryValue};
use crate::view::{self, View};

/// A closure that says more about an entry once its value is known.
pub type LookAtValue<V> = Arc<SharedLook<V>>;

/// One read: what is said about its entry, as far as it is known before the key.
pub struct Request<'a, V> {
    /// Tags and times that are known from the start.
    pub options: &'a CacheOptions,
    /// Windows and limits.
    pub refresh: Option<&'a RefreshOptions>,
    /// One more tag, made only where something is loaded.
    pub tag: Option<&'a (dyn Fn() -> Option<Tag> + Sync)>,
    /// What is said once the value is known.
    pub look: Option<&'a LookAtValue<V>>,
    /// Which values will do; another one is loaded anew.
    pub accepts: fn(&V) -> bool,
    /// Whether the load belongs to the task of its caller, so that nothing can be loaded in the background.
    pub in_place: bool,
}

impl<V> fmt::Debug for Request<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("options", self.options).finish_non_exhaustive()
    }
}

/// A read that has looked.
pub struct Begun<V>(Started<V>);

impl<V> fmt::Debug for Begun<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").finish_non_exhaustive()
    }
}

/// The fresh value under a key that is written whole, namespace included; none where there is more to do than to hand it out.
#[inline]
pub fn hit<V: MemoryValue>(
    view: &TypedCache<V>,
    write: impl FnOnce(&mut KeyBuf),
    request: &Request<'_, V>,
) -> Option<V> {
    let mut key = KeyBuf::new();
    write(&mut key);
    view.found(key.as_str(), request.options, request.refresh, request.accepts)
}

/// Looks a key up for a caller who will load it if it is not there.
///
/// # Errors
///
/// Impossible options, a key over its limit.
#[inline]
pub fn begin<V: MemoryValue>(
    view: &TypedCache<V>,
    key: &str,
    request: &Request<'_, V>,
) -> CacheResult<Begun<V>> {
    let asked = Asked {
        options: request.options,
        refresh: request.refresh,
        finish: request.look.map(Look::Shared),
        tag: request.tag,
        accepts: Some(request.accepts),
        in_place: request.in_place,
    };
    view::start(view, key, &asked).map(Begun)
}

impl<V: MemoryValue> Begun<V> {
    /// Returns what was found, or loads it; the load outlives its caller.
    ///
    /// # Errors
    ///
    /// That of the loader, or what the cache has to say.
    pub async fn load<E, F, Fut>(self, loader: F) -> CacheResult<V>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>> + Send + 'static,
    {
        self.0.finish(loader).await
    }

    /// Returns what was found, or loads it; the load ends with its caller.
    ///
    /// # Errors
    ///
    /// That of the loader, or what the cache has to say.
    pub async fn load_in_place<E, F, Fut>(self, loader: F) -> CacheResult<V>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>>,
    {
        self.0.finish_in_place(loader).await
    }
}

/// What is said of single entries of a bulk read.
pub struct Singly<K, V> {
    /// The tag of a key's own.
    pub tag: fn(&K) -> Option<Tag>,
    /// What is said once the value is known.
    pub look: LookAtValue<V>,
}

impl<K, V> Clone for Singly<K, V> {
    fn clone(&self) -> Self {
        Self { tag: self.tag, look: Arc::clone(&self.look) }
    }
}

impl<K, V> fmt::Debug for Singly<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Singly").finish_non_exhaustive()
    }
}

impl<K: 'static, V: 'static> Single<K, V> for Singly<K, V> {
    fn tag(&self, key: &K) -> Option<Tag> {
        (self.tag)(key)
    }

    fn look(&self) -> Option<&LookAtValue<V>> {
        Some(&self.look)
    }
}

/// As [`TypedCache::get_many_or_load`], with something to say about each entry.
///
/// # Errors
///
/// As there.
pub async fn get_many_or_load<K, V, E, M, F, Fut>(
    view: &TypedCache<V>,
    keys: impl IntoIterator<Item = K>,
    options: CacheOptions,
    singly: Singly<K, V>,
    loader: F,
) -> CacheResult<HashMap<K, V>>
where
    K: AsRef<str> + Eq + Hash + Clone + Send + 'static,
    V: CacheValue,
    E: Into<Box<dyn StdError + Send + Sync>>,
    M: IntoIterator<Item = (K, V)>,
    F: FnMut(Vec<K>) -> Fut,
    Fut: Future<Output = Result<M, E>> + Send + 'static,
{
    many::get_many_or_load(view, keys, options, singly, loader).await
}

/// The present moment of a cache, before a source is read.
#[derive(Debug, Clone, Copy)]
pub struct Moment(engine::Moment);

impl Moment {
    /// Now.
    pub fn now(cache: &HydraCache) -> Self {
        Self(cache.engine.moment())
    }
}

/// Stores what was read since a moment, unless something it depends on has changed. True if it was stored.
///
/// # Errors
///
/// Impossible options, a key over its limit.
pub fn fill_since<V: MemoryValue>(
    view: &TypedCache<V>,
    key: &str,
    moment: Moment,
    value: V,
    request: &Request<'_, V>,
) -> CacheResult<bool> {
    let options = request.options.clone().tags(request.tag.and_then(|tag| tag()));
    let Some(options) = draft::finished(options, &value, request.look) else { return Ok(false) };
    let access = view.access();
    view.with_key(key, |ops, text| ops.fill_found(text, moment.0, value, &access, &options))
}

/// Does what another process asked for, here only: it is not published again.
///
/// # Errors
///
/// A key or a tag over its limit.
pub fn apply_from_elsewhere(
    cache: &HydraCache,
    what: &CacheInvalidation,
    publisher: &str,
) -> CacheResult<()> {
    cache.engine.apply_from(what, publisher)
}

/// Does what another process asked for, here and, where there is a bus, elsewhere.
pub fn request(cache: &HydraCache, what: CacheInvalidation) -> Applied {
    cache.engine.request(what)
}

/// Work that goes on in the tokio runtime, where there is one, when its caller goes away.
pub fn adoptable<F>(cache: &HydraCache, work: F) -> impl Future<Output = F::Output> + use<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    Adoptable::uncounted(work, Arc::clone(&cache.engine))
}

/// Whether two handles are of one cache.
pub fn is_same_cache(one: &HydraCache, other: &HydraCache) -> bool {
    Arc::ptr_eq(&one.engine, &other.engine)
}

/// The error of a load that the cache did not run.
pub fn load_error(key: &str, source: Box<dyn StdError + Send + Sync>) -> Error {
    Error::load(key, source)
}
