//! The hit path, all of it: the function of a call in the current runtime, its key, its entry.

use super::View;
use crate::cache::HydraCache;
use crate::cached::Source;
use crate::call_site::{CacheChoice, CallSite};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use crate::event::{Count, Counters};
use crate::key::{KeyBuf, KeyRef, StoreKey};
use crate::ops::{Namespace, Ops};
use crate::runtime::with_function;
use crate::sync::Arc;
use crate::value::Access;

/// What a look-up found.
#[derive(Debug)]
pub enum Lookup<Out> {
    /// A fresh value.
    Hit(Out),
    /// None; here is what to load with.
    Miss(Miss),
}

/// A call that found nothing, or that the cache cannot serve.
#[derive(Debug)]
pub struct Miss(pub(super) Option<Missed>);

#[derive(Debug)]
pub(super) struct Missed {
    pub(super) engine: Arc<Engine>,
    pub(super) counters: Arc<Counters>,
    pub(super) key: StoreKey,
    pub(super) arrival: u64,
}

/// A function in the runtime and the cache that a call uses.
pub(super) struct Function<'a> {
    pub(super) engine: &'a Arc<Engine>,
    counters: &'a Arc<Counters>,
    site: &'static CallSite,
}

impl Function<'_> {
    #[inline]
    pub(super) fn ops(&self) -> Ops<'_> {
        Ops {
            engine: self.engine,
            counters: Some(self.counters),
            namespace: Namespace::Of(self.site),
            version: self.site.version(),
        }
    }
}

/// Does something with a function; `None` when the runtime has no cache for it.
#[inline]
pub(super) fn with<R>(
    site: &'static CallSite,
    cache: Option<&HydraCache>,
    work: impl FnOnce(Option<Function<'_>>) -> R,
) -> R {
    with_function(site, |state| {
        let Some(state) = state else { return work(None) };
        let Some(chosen) = cache.or(state.cache.as_ref()) else { return work(None) };
        work(Some(Function { engine: &chosen.engine, counters: state.counters(), site }))
    })
}

/// Writes the key of a call where it will stay: half a kilobyte is not moved about on a hit.
#[inline]
pub(super) fn write<'k>(
    key: &'k mut KeyBuf,
    site: &'static CallSite,
    write_key: impl FnOnce(&mut KeyBuf, &'static CallSite),
) -> &'k str {
    write_key(key, site);
    key.as_str()
}

/// Looks a call up.
#[inline]
pub fn lookup<V, W>(
    site: &'static CallSite,
    access: Access<V>,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf, &'static CallSite),
) -> Lookup<W::Out>
where
    V: Clone + Send + Sync + 'static,
    W: View<V>,
{
    let mut key = KeyBuf::new();
    let text = write(&mut key, site, write_key);
    with(site, cache, |function| {
        let Some((function, key)) = reach(site, function, text) else { return Lookup::Miss(Miss(None)) };
        let ops = function.ops();
        if let Some(entry) = ops.look(key) {
            // What cannot be read is loaded anew, and counted when that begins.
            if let Ok((_, value)) = entry.stored.value(&access, function.engine.codec(), site.version()) {
                ops.hit(key, &entry);
                return Lookup::Hit(W::found(value, Source::Hit, || ops.age(&entry)));
            }
        }
        Lookup::Miss(Miss(Some(missed(&function, key))))
    })
}

/// Skips the look-up: the call will load.
pub fn skip_lookup(
    site: &'static CallSite,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf, &'static CallSite),
) -> Miss {
    let mut key = KeyBuf::new();
    let text = write(&mut key, site, write_key);
    with(site, cache, |function| {
        Miss(reach(site, function, text).map(|(function, key)| missed(&function, key)))
    })
}

/// The function of a call and its key; without them the call is a bypass, and counted as one.
#[inline]
pub(super) fn reach<'a, 'k>(
    site: &'static CallSite,
    function: Option<Function<'a>>,
    text: &'k str,
) -> Option<(Function<'a>, KeyRef<'k>)> {
    let Some(function) = function else {
        bypass_without_cache(site);
        return None;
    };
    match function.engine.checked_key(text) {
        Ok(key) => Some((function, key)),
        Err(error) => {
            bypass(site, &function.ops(), &error);
            None
        }
    }
}

#[cold]
pub(super) fn missed(function: &Function<'_>, key: KeyRef<'_>) -> Missed {
    Missed {
        engine: Arc::clone(function.engine),
        counters: Arc::clone(function.counters),
        key: key.to_owned(),
        arrival: function.engine.seq(),
    }
}

/// A call that is to run without the cache, because the attribute says so.
#[cold]
pub fn decline(site: &'static CallSite, cache: Option<&HydraCache>) -> Miss {
    with(site, cache, |function| {
        if let Some(function) = function {
            function.ops().count(Count::Bypassed);
        }
    });
    Miss(None)
}

#[cold]
fn bypass(site: &'static CallSite, ops: &Ops<'_>, error: &Error) {
    ops.count(Count::Bypassed);
    log_bypass(site, error);
}

pub(super) fn log_bypass(site: &'static CallSite, error: &Error) {
    if site.complains_first() {
        tracing::warn!(function = site.name(), %error, "a call runs without the cache; further ones are counted only");
    }
}

#[cold]
fn bypass_without_cache(site: &'static CallSite) {
    with_function(site, |state| {
        if let Some(state) = state {
            state.counters().raise(Count::Bypassed);
        }
    });
    if site.complains_first() {
        let error = no_cache(site);
        tracing::error!(%error, "its calls run without the cache; further ones are counted only");
    }
}

pub(super) fn no_cache(site: &'static CallSite) -> Error {
    Error::new(
        ErrorKind::Configuration,
        match site.cache() {
            CacheChoice::Named(name) => format!(
                "{site} uses the cache `{name}`, which the current runtime does not have; add `.named(\"{name}\", cache)`"
            ),
            _ => format!(
                "{site} was linked in after the registry was read, so the current runtime does not know it; load the \
                 library before the first annotated call"
            ),
        },
    )
}
