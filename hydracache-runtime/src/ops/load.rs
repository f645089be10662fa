//! Loading: a call that looked and found nothing, or nothing fresh enough.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Ops;
use crate::adopt::Adoptable;
use crate::cached::Source;
use crate::call::{Call, Failure, Loaded, Order};
use crate::draft::{Draft, Finish, SharedLook};
use crate::engine::{Engine, Manner};
use crate::entry::Entry;
use crate::error::{CacheResult, Error};
use crate::event::{CacheEventKind, CacheEventOrigin, Count, Counters};
use crate::key::KeyRef;
use crate::lead::Lead;
use crate::options::{CacheOptions, RefreshOptions};
use crate::policy::{Decision, Windows};
use crate::runtime::{Scope, Scoped};
use crate::sharing::Sharing;
use crate::sync::{Arc, Handle};
use crate::tag::Tag;
use crate::value::{Access, AnyValue, ReadError};

impl Ops<'_> {
    /// Looks `text` up for a caller who will load it if it is not there, or too old.
    pub(crate) fn start<T: Clone + Send + Sync + 'static>(
        &self,
        text: &str,
        access: Access<T>,
        asked: &Asked<'_, T>,
    ) -> CacheResult<Started<T>> {
        let key = self.engine.checked_key(text)?;
        let windows = match asked.refresh {
            None => Windows::NONE,
            Some(refresh) => Windows::new(refresh, self.engine.resolve_ttl(asked.options.ttl)?)
                .map_err(|error| error.about(text))?,
        };
        let sharing = Sharing::OWN;
        let mut passed_over = None;
        if let Some((entry, decision)) = self.consult(key, &windows) {
            let read =
                entry.stored.read(&access, self.engine.codec(), self.version, |any, _| Arc::clone(any));
            match read {
                Ok(value) if asked.takes(&value) => {
                    let served = Served { entry, decision, value };
                    if let Some(started) = self.serve(key, access, asked, windows, served)? {
                        return Ok(started);
                    }
                }
                Err(ReadError::Failure(shared)) => {
                    if let Some(error) = (sharing.unshare)(&shared) {
                        self.hit(key, &entry);
                        return Err(error);
                    }
                }
                Ok(_) => passed_over = Some(entry),
                // What cannot be read is loaded anew, and counted when that begins.
                Err(_) => {}
            }
        }
        let call = self.call(key, access, asked, windows)?;
        Ok(Started::Miss(match passed_over {
            None => call,
            Some(entry) => call.passing_over(entry),
        }))
    }

    /// What a call does that found a value.
    fn serve<T: Clone + Send + Sync + 'static>(
        &self,
        key: KeyRef<'_>,
        access: Access<T>,
        asked: &Asked<'_, T>,
        windows: Windows,
        served: Served,
    ) -> CacheResult<Option<Started<T>>> {
        let Served { entry, decision, value } = served;
        let runtime = if asked.in_place { None } else { Handle::try_current().ok() };
        let background = runtime.is_some();
        let loaded = |source| Loaded::new(value, source, self.age(&entry));
        Ok(match (self.service(key, &entry, decision, &windows, || background), runtime) {
            (Service::Load, _) => None,
            (Service::Renew(source), Some(runtime)) => {
                let loaded = loaded(source);
                let call = self.call(key, access, asked, windows)?;
                let entry = Arc::clone(&entry);
                Some(Started::Renew(loaded, Renewal { call, entry, runtime }))
            }
            (Service::Take(source) | Service::Renew(source), _) => Some(Started::Hit(loaded(source))),
        })
    }

    /// Settles, counts and tells what becomes of a call that found a value. `background` says whether a load could be
    /// started in the background.
    #[inline]
    pub(crate) fn service(
        &self,
        key: KeyRef<'_>,
        entry: &Entry,
        decision: Decision,
        windows: &Windows,
        background: impl FnOnce() -> bool,
    ) -> Service {
        if decision == Decision::Hit {
            self.hit(key, entry);
            return Service::Take(Source::Hit);
        }
        self.serve_aging(key, entry, decision, windows, background())
    }

    #[cold]
    fn serve_aging(
        &self,
        key: KeyRef<'_>,
        entry: &Entry,
        decision: Decision,
        windows: &Windows,
        background: bool,
    ) -> Service {
        let (source, renewed) = match decision {
            Decision::Load => return Service::Load,
            // Nobody would load it in the background, so the caller does.
            Decision::StaleAndRefresh if !background => return Service::Load,
            Decision::Hit => (Source::Hit, false),
            Decision::HitAndRefresh => (Source::Hit, background),
            Decision::StaleAndRefresh => (Source::Stale, true),
            Decision::Stale | Decision::StaleAfterFailure => (Source::Stale, false),
        };
        if source == Source::Hit {
            self.hit(key, entry);
        } else {
            self.count(Count::StaleServed);
            if decision == Decision::StaleAfterFailure {
                self.count(Count::StaleOnError);
            }
            let kind = CacheEventKind::StaleServed;
            self.engine.tell(kind, CacheEventOrigin::Local, key.as_str(), Some(entry));
        }
        if renewed && entry.claim_refresh(self.engine.now(), windows.retry_after) {
            Service::Renew(source)
        } else {
            Service::Take(source)
        }
    }

    /// The entry of `key` and what a call with these windows does with it, unless it loads.
    pub(crate) fn consult(&self, key: KeyRef<'_>, windows: &Windows) -> Option<(Arc<Entry>, Decision)> {
        self.engine.consult(key, windows).filter(|(entry, _)| !self.overlooks(entry))
    }

    fn call<T: Clone + Send + Sync + 'static>(
        &self,
        key: KeyRef<'_>,
        access: Access<T>,
        asked: &Asked<'_, T>,
        windows: Windows,
    ) -> CacheResult<Call<T, Error>> {
        let plan = match asked.tag {
            None => self.plan(key.as_str(), asked.options)?,
            Some(tag) => self.plan(key.as_str(), &asked.options.clone().tags(tag()))?,
        };
        let order = Order {
            key: key.to_owned(),
            access,
            plan,
            finish: asked.finish.as_ref().map(Look::kept),
            manner: Manner::Shared,
            windows,
        };
        let arrival = self.engine.seq();
        Ok(Call::new(Arc::clone(self.engine), self.counters.cloned(), arrival, order, Sharing::OWN))
    }
}

/// What a call that may load asks for.
pub(crate) struct Asked<'a, T> {
    pub(crate) options: &'a CacheOptions,
    pub(crate) refresh: Option<&'a RefreshOptions>,
    pub(crate) finish: Option<Look<'a, T>>,
    /// One more tag, made only where something is loaded.
    pub(crate) tag: Option<&'a (dyn Fn() -> Option<Tag> + Sync)>,
    /// Which values will do; all of them if it is not said. Another one is loaded anew.
    pub(crate) accepts: Option<fn(&T) -> bool>,
    /// The load belongs to the task of its caller, so nothing can be loaded in the background.
    pub(crate) in_place: bool,
}

/// How a loaded value is looked at.
pub(crate) enum Look<'a, T> {
    Plain(fn(&T, &mut Draft)),
    Shared(&'a Arc<SharedLook<T>>),
}

impl<T> Look<'_, T> {
    fn kept(&self) -> Finish<T> {
        match self {
            Self::Plain(look) => Finish::Plain(*look),
            Self::Shared(look) => Finish::Shared(Arc::clone(look)),
        }
    }
}

impl<'a, T> Asked<'a, T> {
    pub(crate) fn new(options: &'a CacheOptions) -> Self {
        Self { options, refresh: None, finish: None, tag: None, accepts: None, in_place: false }
    }

    fn takes(&self, value: &AnyValue) -> bool
    where
        T: 'static,
    {
        self.accepts.is_none_or(|accepts| value.downcast_ref().is_some_and(accepts))
    }
}

impl<'a, T> Asked<'a, Option<T>> {
    /// For a value that may not exist.
    pub(crate) fn optional(options: &'a CacheOptions) -> Self {
        Self { finish: Some(Look::Plain(|value, draft| draft.none(value.is_none()))), ..Self::new(options) }
    }
}

/// What becomes of a call that found a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// It takes the value.
    Take(Source),
    /// It takes the value, and must have it loaded in the background.
    Renew(Source),
    /// It loads.
    Load,
}

/// An entry that a call found and read.
struct Served {
    entry: Arc<Entry>,
    decision: Decision,
    value: AnyValue,
}

/// A call that has looked. The key it was asked with is no longer needed, so no buffer waits with it.
pub(crate) enum Started<T> {
    Hit(Loaded<T>),
    Renew(Loaded<T>, Renewal<T>),
    Miss(Call<T, Error>),
}

/// A load in the background, about to begin.
pub(crate) struct Renewal<T> {
    call: Call<T, Error>,
    entry: Arc<Entry>,
    runtime: Handle,
}

impl<T: Clone + Send + Sync + 'static> Renewal<T> {
    fn begin<E, F, Fut>(self, loader: F)
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let Some(lead) = self.call.begin_refresh(self.entry) else { return };
        // The caller has its value: a loader that panics at once is no concern of it, and fails like one that does later.
        let Ok((_, load)) = catch_unwind(AssertUnwindSafe(|| prepared(lead, loader))) else { return };
        self.runtime.spawn(Scoped::new(Scope::current(), async move { drop(load.await) }));
    }
}

impl<T: Clone + Send + Sync + 'static> Started<T> {
    /// Returns what was found, or loads it.
    pub(crate) async fn finish<E, F, Fut>(self, loader: F) -> CacheResult<T>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let call = match self {
            Self::Hit(loaded) => return Ok(loaded.into_value()),
            Self::Renew(loaded, renewal) => {
                renewal.begin(loader);
                return Ok(loaded.into_value());
            }
            Self::Miss(call) => call,
        };
        let result = call.drive(|lead| {
            let ((engine, counters), load) = prepared(lead, loader);
            Adoptable::new(load, engine, counters)
        });
        match result.await {
            Ok(loaded) => Ok(loaded.into_value()),
            Err(Failure::Loader(error) | Failure::Cache(error)) => Err(error),
        }
    }

    /// As `finish`, with a loader that stays with its caller: one of those who wait takes over if that goes away.
    pub(crate) async fn finish_in_place<E, F, Fut>(self, loader: F) -> CacheResult<T>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let call = match self {
            Self::Hit(loaded) | Self::Renew(loaded, _) => return Ok(loaded.into_value()),
            Self::Miss(call) => call,
        };
        let result = call.drive(|lead| {
            let key = lead.key();
            let loader = lead.begin_loader(loader);
            lead.run(async move { loader.await.map_err(|error| Error::load(key.as_str(), error.into())) })
        });
        match result.await {
            Ok(loaded) => Ok(loaded.into_value()),
            Err(Failure::Loader(error) | Failure::Cache(error)) => Err(error),
        }
    }
}

/// Calls the closure that makes a loader's future, and puts the load around it.
#[allow(clippy::type_complexity, reason = "an opaque type cannot be given a name")]
fn prepared<T, E, F, Fut>(
    lead: Lead<T, Error>,
    loader: F,
) -> (
    (Arc<Engine>, Option<Arc<Counters>>),
    impl Future<Output = Result<Loaded<T>, Failure<Error>>> + Send + 'static,
)
where
    T: Clone + Send + Sync + 'static,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
    F: FnOnce() -> Fut,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
{
    let (counted, key) = ((lead.engine(), lead.counters()), lead.key());
    let loader = lead.begin_loader(loader);
    let load = async move { loader.await.map_err(|error| Error::load(key.as_str(), error.into())) };
    (counted, lead.run(load))
}
