//! What functions that write the source do to entries: invalidate them, or store what was written.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::Settings;
use super::lookup::{no_cache, with, write};
use crate::applied::Applied;
use crate::cache::HydraCache;
use crate::call_site::{CacheChoice, CallSite};
use crate::engine::{Engine, Intent};
use crate::error::{CacheResult, Error, ErrorKind};
use crate::invalidation::CacheInvalidation;
use crate::key::KeyBuf;
use crate::ops::{Namespace, Ops};
use crate::registry::defaults;
use crate::runtime::Runtime;
use crate::sync::Arc;
use crate::tag::Tag;
use crate::value::Access;

/// Something that is to be invalidated, settled before the write so that it owns all it needs.
#[derive(Debug)]
#[must_use = "it is invalidated when it is applied"]
pub struct Pending(CacheResult<Ready>);

#[derive(Debug)]
struct Ready {
    engine: Arc<Engine>,
    what: CacheInvalidation,
}

impl Pending {
    /// Where what is to be invalidated.
    pub(crate) fn into_parts(self) -> CacheResult<(Arc<Engine>, CacheInvalidation)> {
        self.0.map(|Ready { engine, what }| (engine, what))
    }

    fn apply(self) -> Applied {
        match self.0 {
            Ok(Ready { engine, what }) => engine.request(what),
            Err(error) => Applied::new(Err(error)),
        }
    }
}

/// The entry of a call.
pub fn pending(
    site: &'static CallSite,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf, &'static CallSite),
) -> Pending {
    let mut key = KeyBuf::new();
    let text = write(&mut key, site, write_key);
    of_function(site, cache, || CacheInvalidation::Key(text.to_owned()))
}

/// Every entry of a function.
pub fn pending_all(site: &'static CallSite, cache: Option<&HydraCache>) -> Pending {
    of_function(site, cache, || CacheInvalidation::Namespace(site.escaped_namespace().to_owned()))
}

fn of_function(
    site: &'static CallSite,
    cache: Option<&HydraCache>,
    what: impl FnOnce() -> CacheInvalidation,
) -> Pending {
    with(site, cache, |function| {
        let ready = function.map(|function| Ready { engine: Arc::clone(function.engine), what: what() });
        Pending(ready.ok_or_else(|| no_cache(site)))
    })
}

/// Everything that carries a tag, in the cache of that name or the one that is given, else in that of the module or the
/// default cache.
pub fn pending_tag(
    choice: CacheChoice,
    cache: Option<&HydraCache>,
    tag: &Tag,
    module: &'static str,
) -> Pending {
    let choice = match (choice, defaults::of_module(module).cache) {
        (CacheChoice::Default, Some(name)) => CacheChoice::Named(name),
        (said, _) => said,
    };
    let engine = match (cache, choice) {
        (Some(cache), _) => Ok(Arc::clone(&cache.engine)),
        (None, CacheChoice::Named(name)) => {
            let known = Runtime::current().cache(name).map(|cache| Arc::clone(&cache.engine));
            known.ok_or_else(|| {
                Error::new(
                    ErrorKind::Configuration,
                    format!(
                        "the tag `{}` is invalidated in the cache `{name}`, which the current runtime does not have; add \
                         `.named(\"{name}\", cache)`",
                        tag.as_str()
                    ),
                )
            })
        }
        (None, _) => Ok(Arc::clone(&Runtime::current().default_cache().engine)),
    };
    let what = CacheInvalidation::Tag(tag.as_str().to_owned());
    Pending(engine.map(|engine| Ready { engine, what }))
}

/// Invalidates when a write has ended. Dropped before it was told how, it invalidates as well: a body that was dropped or
/// panicked may have written.
#[derive(Debug)]
#[must_use = "it invalidates when it is dropped"]
pub struct Guard(Vec<Pending>);

impl Guard {
    /// A guard over what is known before the write.
    pub fn new<const N: usize>(pending: [Pending; N]) -> Self {
        Self(pending.into())
    }

    /// The write did not happen.
    pub fn defuse(mut self) {
        self.0.clear();
    }

    /// The write has happened; more may be known now. What is returned waits for what lies beyond this process.
    pub fn apply<const N: usize>(mut self, more: [Pending; N]) -> Published {
        let pending = mem::take(&mut self.0);
        let mut panicked = None;
        let applied = pending.into_iter().chain(more).filter_map(|pending| {
            // A value whose drop panics must not keep the others from being invalidated.
            let applied = catch_unwind(AssertUnwindSafe(|| pending.apply()));
            applied.map_err(|panic| panicked = Some(panic)).ok()
        });
        let published = Published(applied.collect());
        match panicked {
            None => published,
            Some(panic) => resume_unwind(panic),
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        for pending in self.0.drain(..) {
            if catch_unwind(AssertUnwindSafe(|| pending.apply().fire())).is_err() {
                tracing::error!("dropping a value that a write invalidated panicked");
            }
        }
    }
}

/// Invalidations that were applied here.
#[derive(Debug)]
#[must_use = "`.wait().await` it, or say `.fire()`"]
pub struct Published(Vec<Applied>);

impl Published {
    /// Waits for what lies beyond this process. The function's own outcome stands whatever came of that.
    pub async fn wait(self) {
        for applied in self.0 {
            if let Err(error) = applied.await {
                tracing::warn!(%error, "an invalidation after a write is not complete");
            }
        }
    }

    /// Does not wait.
    pub fn fire(self) {
        self.0.into_iter().for_each(Applied::fire);
    }
}

/// A write whose outcome will be stored as the result of a call. Dropped without it, it takes the entry out.
#[derive(Debug)]
#[must_use = "an entry whose write has no outcome is taken out"]
pub struct Writing<V> {
    of: CacheResult<(Arc<Engine>, Option<Intent>)>,
    access: Access<V>,
    settings: Settings<V>,
    site: &'static CallSite,
}

/// Notes that the source of a call's value is about to be written.
pub fn writing<V: Clone + Send + Sync + 'static>(
    site: &'static CallSite,
    access: Access<V>,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf, &'static CallSite),
    settings: Settings<V>,
) -> Writing<V> {
    let mut key = KeyBuf::new();
    let text = write(&mut key, site, write_key);
    let of = with(site, cache, |function| {
        let function = function.ok_or_else(|| no_cache(site))?;
        let key = function.engine.checked_key(text)?.to_owned();
        Ok((Arc::clone(function.engine), Some(function.engine.open_intent(key))))
    });
    Writing { of, access, settings, site }
}

impl<V: Clone + Send + Sync + 'static> Writing<V> {
    /// Stores what was written, unless something came between; then the entry is taken out.
    pub fn put(mut self, value: V) -> Published {
        let (engine, intent) = match &mut self.of {
            Err(error) => return Published(vec![Applied::new(Err(error.clone()))]),
            Ok((engine, intent)) => (Arc::clone(engine), intent),
        };
        // What is asked of the value is code of the user's: the intent is taken only after it, and ends by itself if that
        // panics.
        let settings =
            Settings { options: mem::take(&mut self.settings.options), finish: self.settings.finish };
        let options = settings.with_value(self.site, &value);
        let (namespace, version) = (Namespace::Of(self.site), self.site.version());
        let ops = Ops { namespace, version, ..Ops::raw(&engine) };
        let stored = intent.as_ref().zip(options);
        let entry = stored.map(|(intent, options)| ops.outcome(intent, value, &self.access, &options));
        let Some(intent) = intent.take() else { return Published(Vec::new()) };
        Published(vec![match entry {
            Some(entry) => ops.close_intent(&intent, entry).map(drop),
            None => engine.give_up(&intent),
        }])
    }
}

impl<V> Writing<V> {
    /// Nothing was written.
    pub fn cancel(mut self) {
        if let Ok((engine, intent)) = &mut self.of
            && let Some(intent) = intent.take()
        {
            engine.cancel_intent(&intent);
        }
    }
}

impl<V> Drop for Writing<V> {
    fn drop(&mut self) {
        if let Ok((engine, intent)) = &mut self.of
            && let Some(intent) = intent.take()
        {
            engine.give_up(&intent).fire();
        }
    }
}

/// Runs a body. It is called once, so it may return what it took.
pub fn run<T>(body: impl FnOnce() -> T) -> T {
    body()
}
