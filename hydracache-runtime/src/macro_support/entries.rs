//! What handles do with the entries of their function.

use super::Settings;
use super::lookup::{no_cache, with, write};
use crate::applied::Applied;
use crate::cache::HydraCache;
use crate::call_site::CallSite;
use crate::event::CacheStats;
use crate::key::{CacheKey, KeyBuf};
use crate::ops::Ops;
use crate::runtime::with_function;
use crate::tag::Tag;
use crate::value::Access;

/// A tag, written like a key.
pub fn tag(write: impl FnOnce(&mut KeyBuf)) -> Tag {
    let mut text = KeyBuf::new();
    write(&mut text);
    Tag::from(text.as_str())
}

/// Calls a closure of the value, which may return what it borrows from it.
pub fn of_value<'a, V, R>(value: &'a V, closure: impl FnOnce(&'a V) -> R) -> R {
    closure(value)
}

/// The key of a call.
pub fn key(site: &'static CallSite, write_key: impl FnOnce(&mut KeyBuf, &'static CallSite)) -> CacheKey {
    CacheKey::from_text(write(&mut KeyBuf::new(), site, write_key))
}

/// The cached value of a call, without a load and without noting a use. What cannot be read is not there.
pub fn peek<V: Clone + Send + Sync + 'static>(
    site: &'static CallSite,
    access: Access<V>,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf, &'static CallSite),
) -> Option<V> {
    let mut key = KeyBuf::new();
    let text = write(&mut key, site, write_key);
    with(site, cache, |function| function?.ops().peek(text, &access).ok().flatten())
}

/// Stores a value as the result of a call.
pub fn put<V: Clone + Send + Sync + 'static>(
    site: &'static CallSite,
    access: Access<V>,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf, &'static CallSite),
    settings: Settings<V>,
    value: V,
) -> Applied {
    let mut key = KeyBuf::new();
    let text = write(&mut key, site, write_key);
    with(site, cache, |function| match function {
        Some(function) => {
            let ops = function.ops();
            match settings.with_value(site, &value) {
                Some(options) => ops.put(text, value, &access, &options),
                // What is there is older than a value that is not to be stored.
                None => ops.remove(text).map(|_| ()),
            }
        }
        None => Applied::new(Err(no_cache(site))),
    })
}

/// Takes the entry of a call out.
pub fn invalidate(
    site: &'static CallSite,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf, &'static CallSite),
) -> Applied<bool> {
    on_key(site, cache, write_key, |ops, key| ops.remove(key))
}

/// Ends the freshness of the entry of a call.
pub fn expire(
    site: &'static CallSite,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf, &'static CallSite),
) -> Applied<bool> {
    on_key(site, cache, write_key, |ops, key| ops.expire(key))
}

fn on_key(
    site: &'static CallSite,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf, &'static CallSite),
    work: impl FnOnce(&Ops<'_>, &str) -> Applied<bool>,
) -> Applied<bool> {
    let mut key = KeyBuf::new();
    let text = write(&mut key, site, write_key);
    with(site, cache, |function| match function {
        Some(function) => work(&function.ops(), text),
        None => Applied::new(Err(no_cache(site))),
    })
}

/// Invalidates every entry of a function, in constant time.
pub fn clear(site: &'static CallSite, cache: Option<&HydraCache>) -> Applied {
    with(site, cache, |function| match function {
        Some(function) => function.engine.clear(site.escaped_namespace()),
        None => Applied::new(Err(no_cache(site))),
    })
}

/// The counters of a function in the current runtime.
pub fn stats(site: &'static CallSite) -> CacheStats {
    let mut stats = CacheStats::default();
    with_function(site, |state| {
        if let Some(state) = state {
            state.counters().add_to(&mut stats);
        }
    });
    stats
}
