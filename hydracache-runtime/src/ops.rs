//! The operations of a cache on one key, shared by the raw cache, typed views and the handles of functions.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use bytes::Bytes;

use crate::adopt::Adoptable;
use crate::applied::Applied;
use crate::cached::{Cached, Source};
use crate::call::{Call, Failure, Loaded, Order};
use crate::call_site::CallSite;
use crate::codec::Envelope;
use crate::draft::{Draft, Finish};
use crate::engine::{By, Engine, FillToken, Intent, Manner, Moment, Plan};
use crate::entry::Entry;
use crate::error::{CacheResult, Error, ErrorKind};
use crate::event::{CacheEventKind, CacheEventOrigin, Count, Counters};
use crate::invalidation::CacheInvalidation;
use crate::key::{KeyRef, StoreKey, preview};
use crate::lead::Lead;
use crate::options::{CacheOptions, RefreshOptions};
use crate::policy::{Decision, Windows};
use crate::runtime::{Scope, Scoped};
use crate::sharing::Sharing;
use crate::sync::{Arc, Handle};
use crate::tag::TagCell;
use crate::value::{Access, AnyValue, ReadError, Stored};

/// Through whose eyes a cache is used: who counts, and which namespace entries belong to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ops<'a> {
    pub(crate) engine: &'a Arc<Engine>,
    pub(crate) counters: Option<&'a Arc<Counters>>,
    pub(crate) namespace: Namespace<'a>,
    pub(crate) version: u32,
}

/// The namespace of a view; its cell is looked up only where it is needed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Namespace<'a> {
    None,
    Cell(&'a Arc<TagCell>),
    Of(&'static CallSite),
}

impl<'a> Ops<'a> {
    /// The whole cache, by raw keys.
    pub(crate) fn raw(engine: &'a Arc<Engine>) -> Self {
        Self { engine, counters: None, namespace: Namespace::None, version: 0 }
    }

    #[inline]
    pub(crate) fn count(&self, count: Count) {
        self.engine.count(self.counters, count);
    }

    /// Counts a hit and tells of it.
    #[inline]
    pub(crate) fn hit(&self, key: KeyRef<'_>, entry: &Entry) {
        self.count(Count::Hit);
        self.engine.tell(CacheEventKind::Hit, CacheEventOrigin::Local, key.as_str(), Some(entry));
    }

    fn miss(&self, key: KeyRef<'_>) {
        self.count(Count::Miss);
        self.engine.tell(CacheEventKind::Miss, CacheEventOrigin::Local, key.as_str(), None);
    }

    /// Whether the namespace was cleared after the entry was loaded. An entry that was stored under its raw key does
    /// not carry the namespace itself, so its readers ask.
    #[inline]
    fn overlooks(&self, entry: &Entry) -> bool {
        match self.namespace {
            Namespace::None => false,
            _ if entry.cells.have_namespace() => false,
            Namespace::Cell(cell) => cell.last_invalidated() > entry.stamp,
            Namespace::Of(site) => {
                self.engine.namespace_cell(site.escaped_namespace()).last_invalidated() > entry.stamp
            }
        }
    }

    pub(crate) fn namespace_cell(&self) -> Option<Arc<TagCell>> {
        match self.namespace {
            Namespace::None => None,
            Namespace::Cell(cell) => Some(Arc::clone(cell)),
            Namespace::Of(site) => Some(self.engine.namespace_cell(site.escaped_namespace())),
        }
    }

    /// The entry of `key`, noted as a use.
    #[inline]
    pub(crate) fn look(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.engine.look(key).filter(|entry| !self.overlooks(entry))
    }

    /// The value of `key`, not noted as a use.
    pub(crate) fn glance(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.engine.glance(key).filter(|entry| self.shows(entry))
    }

    /// Whether a read that does not load may see the entry.
    fn shows(&self, entry: &Entry) -> bool {
        !self.overlooks(entry) && !entry.stored.is_failure()
    }

    /// Reads a typed value; bytes that are no such value are a miss.
    fn read<T: Send + Sync + 'static, R>(
        &self,
        key: KeyRef<'_>,
        entry: &Arc<Entry>,
        access: &Access<T>,
        take: impl FnOnce(&AnyValue, &T) -> R,
    ) -> CacheResult<Option<R>> {
        match entry.stored.read(access, self.engine.codec(), self.version, take) {
            Ok(value) => Ok(Some(value)),
            Err(ReadError::Failure(_)) => Ok(None),
            Err(ReadError::Undecodable(error)) => {
                // The entry stays: to a reader who asks for another type it may be a hit.
                self.count(Count::DecodeFailure);
                tracing::debug!(%error, key = key.as_str(), "stored bytes are a miss");
                Ok(None)
            }
            Err(ReadError::OtherType(stored)) => {
                self.count(Count::TypeMismatch);
                Err(Error::new(
                    ErrorKind::TypeMismatch,
                    format!(
                        "`{}` in the cache `{}` holds a `{stored}` and was asked for as a `{}`; ask for what was stored, \
                         or give the two different keys",
                        preview(key.as_str()),
                        self.engine.settings().name,
                        access.info().name()
                    ),
                ))
            }
        }
    }

    /// Reads a value and counts a hit or a miss.
    pub(crate) fn get<T: Send + Sync + 'static, R>(
        &self,
        text: &str,
        access: &Access<T>,
        take: impl FnOnce(&AnyValue, &T) -> R,
    ) -> CacheResult<Option<R>> {
        self.classified(text, |key, entry| self.read(key, entry, access, take))
    }

    /// Reads what is there, and counts a hit or a miss: what cannot be returned is no hit.
    fn classified<R>(
        &self,
        text: &str,
        read: impl FnOnce(KeyRef<'_>, &Arc<Entry>) -> CacheResult<Option<R>>,
    ) -> CacheResult<Option<R>> {
        let key = self.engine.checked_key(text)?;
        let Some(entry) = self.look(key) else {
            self.miss(key);
            return Ok(None);
        };
        let found = read(key, &entry);
        match found {
            Ok(Some(_)) => self.hit(key, &entry),
            _ => self.miss(key),
        }
        found
    }

    /// Reads a value without any trace but that of a failure.
    pub(crate) fn peek<T: Clone + Send + Sync + 'static>(
        &self,
        text: &str,
        access: &Access<T>,
    ) -> CacheResult<Option<T>> {
        let key = self.engine.checked_key(text)?;
        self.glance(key).map_or(Ok(None), |entry| self.read(key, &entry, access, |_, value| value.clone()))
    }

    /// Reads a value with its source and age, and counts a hit or a miss.
    pub(crate) fn fetch<T: Clone + Send + Sync + 'static>(
        &self,
        text: &str,
        access: &Access<T>,
    ) -> CacheResult<Option<Cached<T>>> {
        self.classified(text, |key, entry| {
            let age = self.age(entry);
            self.read(key, entry, access, |_, value| Cached::new(value.clone(), Source::Hit, age))
        })
    }

    pub(crate) fn age(&self, entry: &Entry) -> Duration {
        self.engine.now().since(entry.created)
    }

    /// The byte form, made and kept if it is not there yet.
    pub(crate) fn get_encoded(&self, text: &str) -> CacheResult<Option<Bytes>> {
        self.classified(text, |_, entry| {
            if entry.stored.is_failure() {
                return Ok(None);
            }
            let encoded = entry.stored.encoded(self.engine.codec(), entry.version);
            encoded.map(Some).map_err(|error| error.about(text))
        })
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        self.engine.checked_key(text).is_ok_and(|key| self.glance(key).is_some())
    }

    /// Takes a key out; true if a read would have returned it.
    pub(crate) fn remove(&self, text: &str) -> Applied<bool> {
        let removed = self
            .engine
            .checked_key(text)
            .map(|key| self.engine.remove(key, By::Caller).is_some_and(|entry| self.shows(&entry)));
        self.engine.announced(removed, || CacheInvalidation::Key(text.to_owned()))
    }

    /// Ends the freshness of a key; true if a read would have returned it.
    pub(crate) fn expire(&self, text: &str) -> Applied<bool> {
        let expired = self
            .engine
            .checked_key(text)
            .map(|key| self.engine.expire(key, By::Caller).is_some_and(|entry| self.shows(&entry)));
        self.engine.announced(expired, || CacheInvalidation::Expire(text.to_owned()))
    }

    fn plan(&self, key: &str, options: &CacheOptions) -> CacheResult<Plan> {
        let plan = self.engine.plan(options, self.namespace_cell(), self.version);
        plan.map_err(|error| error.about(key))
    }

    pub(crate) fn put<T: Send + Sync + 'static>(
        &self,
        text: &str,
        value: T,
        access: &Access<T>,
        options: &CacheOptions,
    ) -> Applied {
        Applied::new(self.put_stored(text, options, || Ok(Stored::typed(Arc::new(value), access))))
    }

    /// As `put`, where more is said about the entry once its value is known.
    pub(crate) fn put_finished<T: Send + Sync + 'static>(
        &self,
        text: &str,
        value: T,
        access: &Access<T>,
        mut options: CacheOptions,
        finish: Option<Finish<T>>,
    ) -> Applied {
        if let Some(finish) = finish {
            let mut draft = Draft::default();
            finish(&value, &mut draft);
            if !draft.extend(&mut options) {
                // What is there is older than a value that is not to be stored.
                return self.remove(text).map(|_| ());
            }
        }
        self.put(text, value, access, &options)
    }

    pub(crate) fn put_encoded(&self, text: &str, bytes: Bytes, options: &CacheOptions) -> Applied {
        Applied::new(self.put_stored(text, options, || checked_bytes(bytes)))
    }

    fn put_stored(
        &self,
        text: &str,
        options: &CacheOptions,
        stored: impl FnOnce() -> CacheResult<Stored>,
    ) -> CacheResult<()> {
        let key = self.engine.checked_key(text)?;
        let plan = self.plan(text, options)?;
        // After the cells, before anything else: whatever is invalidated from here on is later than this value.
        let moment = self.engine.moment();
        let entry = self.entry(text, stored, moment, plan)?;
        self.engine.put(&key.to_owned(), entry);
        Ok(())
    }

    /// The entry of what was written to the source.
    pub(crate) fn outcome<T: Send + Sync + 'static>(
        &self,
        intent: &Intent,
        value: T,
        access: &Access<T>,
        options: &CacheOptions,
    ) -> CacheResult<Arc<Entry>> {
        let text = intent.key.as_str();
        let plan = self.plan(text, options)?;
        self.entry(text, || Ok(Stored::typed(Arc::new(value), access)), intent.moment, plan)
    }

    /// Ends a write of the source with what was written. Whatever becomes of it here, the others are told.
    pub(crate) fn close_intent(&self, intent: &Intent, entry: CacheResult<Arc<Entry>>) -> Applied<bool> {
        let (entry, refused) = match entry {
            Ok(entry) => (Some(entry), None),
            Err(error) => (None, Some(error)),
        };
        let stored = self.engine.close_intent(intent, entry);
        let key = || CacheInvalidation::Key(intent.key.as_str().to_owned());
        let announced = self.engine.announced(Ok(stored), key);
        match refused {
            None => announced,
            Some(error) => announced.refused(error),
        }
    }

    pub(crate) fn fill_token(&self, text: &str) -> CacheResult<FillToken> {
        Ok(self.engine.fill_token(self.engine.checked_key(text)?.to_owned()))
    }

    pub(crate) fn fill<T: Send + Sync + 'static>(
        &self,
        token: &FillToken,
        value: T,
        access: &Access<T>,
        options: &CacheOptions,
    ) -> CacheResult<bool> {
        self.fill_stored(token, options, || Ok(Stored::typed(Arc::new(value), access)))
    }

    pub(crate) fn fill_encoded(
        &self,
        token: &FillToken,
        bytes: Bytes,
        options: &CacheOptions,
    ) -> CacheResult<bool> {
        self.fill_stored(token, options, || checked_bytes(bytes))
    }

    /// Stores what turned up in a source that was read since `moment`.
    pub(crate) fn fill_found<T: Send + Sync + 'static>(
        &self,
        text: &str,
        moment: Moment,
        value: T,
        access: &Access<T>,
        options: &CacheOptions,
    ) -> CacheResult<bool> {
        let key = self.engine.checked_key(text)?.to_owned();
        self.fill_read(&key, moment, options, || Ok(Stored::typed(Arc::new(value), access)))
    }

    fn fill_stored(
        &self,
        token: &FillToken,
        options: &CacheOptions,
        stored: impl FnOnce() -> CacheResult<Stored>,
    ) -> CacheResult<bool> {
        let (key, moment) = self.engine.check_token(token)?;
        self.fill_read(key, moment, options, stored)
    }

    fn fill_read(
        &self,
        key: &StoreKey,
        moment: Moment,
        options: &CacheOptions,
        stored: impl FnOnce() -> CacheResult<Stored>,
    ) -> CacheResult<bool> {
        // The cells are taken after the stamp here: a tag that was invalidated in between is found in its cell, or
        // in the memory its cell is born from.
        let plan = self.plan(key.as_str(), options)?;
        let entry = self.entry(key.as_str(), stored, moment, plan)?;
        Ok(self.engine.fill(key, entry))
    }

    fn entry(
        &self,
        text: &str,
        stored: impl FnOnce() -> CacheResult<Stored>,
        moment: Moment,
        plan: Plan,
    ) -> CacheResult<Arc<Entry>> {
        let stored = stored().map_err(|error| error.about(text))?;
        self.engine.entry(text, stored, moment, plan).map_err(|(_, error)| error)
    }

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
        if let Some((entry, decision)) = self.consult(key, &windows) {
            let read =
                entry.stored.read(&access, self.engine.codec(), self.version, |any, _| Arc::clone(any));
            match read {
                Ok(value) => {
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
                // What cannot be read is loaded anew, and counted when that begins.
                Err(_) => {}
            }
        }
        Ok(Started::Miss(self.call(key, access, asked, windows)?))
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
        let runtime = Handle::try_current();
        let background = runtime.is_ok();
        let loaded = |source| Loaded::new(value, source, self.age(&entry));
        Ok(match (self.service(key, &entry, decision, &windows, || background), runtime) {
            (Service::Load, _) => None,
            (Service::Renew(source), Ok(runtime)) => {
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
        let plan = self.plan(key.as_str(), asked.options)?;
        let order = Order {
            key: key.to_owned(),
            access,
            plan,
            finish: asked.finish,
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
    pub(crate) finish: Option<Finish<T>>,
}

impl<'a, T> Asked<'a, T> {
    pub(crate) fn new(options: &'a CacheOptions) -> Self {
        Self { options, refresh: None, finish: None }
    }
}

impl<'a, T> Asked<'a, Option<T>> {
    /// For a value that may not exist.
    pub(crate) fn optional(options: &'a CacheOptions) -> Self {
        Self { finish: Some(|value, draft| draft.none(value.is_none())), ..Self::new(options) }
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

fn checked_bytes(bytes: Bytes) -> CacheResult<Stored> {
    Envelope::open(&bytes)?;
    Ok(Stored::bytes(bytes))
}
