//! What generated code calls. Everything else in the crate is free to change without touching the macros.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use crate::adopt::Adoptable;
use crate::applied::Applied;
use crate::cache::HydraCache;
use crate::cached::{Cached, Source};
use crate::call::{Call, Failure, Order};
use crate::draft::Finish;
use crate::engine::{Engine, Manner};
use crate::error::{CacheResult, Error, LoadError};
use crate::event::{CacheStats, Count, Counters};
use crate::key::CacheKey;
use crate::ops::{Namespace, Ops};
use crate::options::CacheOptions;
use crate::runtime::with_function;
use crate::sync::Arc;

pub use inventory;

pub use crate::call::Loaded;
pub use crate::call_site::{CacheChoice, CallSite, Facts};
pub use crate::draft::Draft;
pub use crate::given::{GivenCache, GivenTag, GivenTags, GivenTtl, cache_of, tag_of};
pub use crate::key::{KeyBuf, KeySegment, SegmentWriter};
pub use crate::registry::Submitted;
pub use crate::sharing::{
    CarryLoadError, CarryNothing, ErrorProbe, ShareClone, ShareNothing, ShareText, Sharing,
};
pub use crate::tag::Tag;
pub use crate::value::Access;

/// The shape of a return type: which part of it is the value.
pub const PLAIN: u8 = 0;
/// See [`PLAIN`].
pub const RESULT: u8 = 1;

/// A return type taken apart: its value, its error, and the same type around another value.
///
/// Every type is one of the plain shape, so the message is about the other.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Result`",
    label = "`returns = \"result\"` was said of this type",
    note = "remove `returns`, or say `returns = \"plain\"`"
)]
pub trait Outcome<const SHAPE: u8> {
    /// What is cached.
    type Value;
    /// What passes through.
    type Error;
    /// The same shape around another value.
    type Around<T>;

    /// Takes it apart.
    fn split(self) -> Result<Self::Value, Self::Error>;

    /// Puts it together around `T`.
    fn join<T>(result: Result<T, Self::Error>) -> Self::Around<T>;
}

impl<V> Outcome<PLAIN> for V {
    type Value = V;
    type Error = std::convert::Infallible;
    type Around<T> = T;

    fn split(self) -> Result<V, Self::Error> {
        Ok(self)
    }

    fn join<T>(result: Result<T, Self::Error>) -> T {
        match result {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }
}

impl<V, E> Outcome<RESULT> for Result<V, E> {
    type Value = V;
    type Error = E;
    type Around<T> = Result<T, E>;

    fn split(self) -> Self {
        self
    }

    fn join<T>(result: Result<T, E>) -> Result<T, E> {
        result
    }
}

/// Finds the shape of a concrete return type, through aliases: an inherent constant is preferred to one of a trait.
#[derive(Debug)]
pub struct ShapeProbe<R>(PhantomData<R>);

impl<V, E> ShapeProbe<Result<V, E>> {
    /// The shape of every `Result`.
    pub const SHAPE: u8 = RESULT;
}

/// The shape of everything that is not a `Result`.
pub trait PlainShape {
    /// The shape.
    const SHAPE: u8 = PLAIN;
}

impl<R> PlainShape for ShapeProbe<R> {}

/// How a call hands out its value.
pub trait View<V> {
    /// What the caller gets.
    type Out;

    /// From a hit. `age` is asked only where it is shown.
    fn hit(value: &V, age: impl FnOnce() -> std::time::Duration) -> Self::Out;

    /// From everything else.
    fn loaded(loaded: Loaded<V>) -> Self::Out;
}

/// The value alone.
#[derive(Debug)]
pub struct ValueOnly;

/// The value with its source and age.
#[derive(Debug)]
pub struct WithSource;

impl<V: Clone + Send + Sync + 'static> View<V> for ValueOnly {
    type Out = V;

    #[inline]
    fn hit(value: &V, _: impl FnOnce() -> std::time::Duration) -> V {
        value.clone()
    }

    fn loaded(loaded: Loaded<V>) -> V {
        loaded.into_value()
    }
}

impl<V: Clone + Send + Sync + 'static> View<V> for WithSource {
    type Out = Cached<V>;

    fn hit(value: &V, age: impl FnOnce() -> std::time::Duration) -> Cached<V> {
        Cached::new(value.clone(), Source::Hit, age())
    }

    fn loaded(loaded: Loaded<V>) -> Cached<V> {
        loaded.into_cached()
    }
}

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
pub struct Miss(Option<Missed>);

#[derive(Debug)]
struct Missed {
    engine: Arc<Engine>,
    counters: Arc<Counters>,
    key: crate::key::StoreKey,
    arrival: u64,
}

/// What the attribute says about the entries of its function, with the arguments of one call filled in.
#[derive(Debug)]
pub struct Settings<V> {
    /// Tags and time to live that are known before the value.
    pub options: CacheOptions,
    /// What is said once the value is known.
    pub finish: Option<Finish<V>>,
}

/// A function in the runtime and the cache that a call uses.
struct Function<'a> {
    engine: &'a Arc<Engine>,
    counters: &'a Arc<Counters>,
    site: &'static CallSite,
}

impl Function<'_> {
    fn ops(&self) -> Ops<'_> {
        Ops {
            engine: self.engine,
            counters: Some(self.counters),
            namespace: Namespace::Named(self.site.escaped_namespace()),
            version: self.site.version(),
        }
    }
}

/// Does something with a function; `None` when the runtime has no cache for it.
#[inline]
fn with<R>(
    site: &'static CallSite,
    cache: Option<&HydraCache>,
    work: impl FnOnce(Option<Function<'_>>) -> R,
) -> R {
    with_function(site, |state| {
        let Some(state) = state else { return work(None) };
        let Some(chosen) = cache.or(state.cache.as_ref()) else {
            state.counters().raise(Count::Bypassed);
            return work(None);
        };
        work(Some(Function { engine: &chosen.engine, counters: state.counters(), site }))
    })
}

/// Writes the key of a call where it will stay: half a kilobyte is not moved about on a hit.
#[inline]
fn write<'k>(key: &'k mut KeyBuf, site: &'static CallSite, write_key: impl FnOnce(&mut KeyBuf)) -> &'k str {
    key.push_raw(site.prefix());
    write_key(key);
    key.as_str()
}

/// Looks a call up.
#[inline]
pub fn lookup<V, W>(
    site: &'static CallSite,
    access: Access<V>,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf),
) -> Lookup<W::Out>
where
    V: Clone + Send + Sync + 'static,
    W: View<V>,
{
    let mut key = KeyBuf::new();
    let text = write(&mut key, site, write_key);
    with(site, cache, |function| {
        let Some(function) = function else {
            bypass_without_cache(site);
            return Lookup::Miss(Miss(None));
        };
        let ops = function.ops();
        let key = match function.engine.checked_key(text) {
            Ok(key) => key,
            Err(error) => {
                bypass(site, &function.ops(), &error);
                return Lookup::Miss(Miss(None));
            }
        };
        if let Some(entry) = ops.look(key) {
            let codec = function.engine.codec();
            let read = entry
                .stored
                .read(&access, codec, site.version(), |_, value| W::hit(value, || ops.age(&entry)));
            // What cannot be read is loaded anew, and counted when that begins.
            if let Ok(out) = read {
                ops.count(Count::Hit);
                return Lookup::Hit(out);
            }
        }
        Lookup::Miss(missed(&function, key))
    })
}

/// Skips the look-up: the call will load.
pub fn skip_lookup(
    site: &'static CallSite,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf),
) -> Miss {
    let mut key = KeyBuf::new();
    let text = write(&mut key, site, write_key);
    with(site, cache, |function| {
        let Some(function) = function else {
            bypass_without_cache(site);
            return Miss(None);
        };
        match function.engine.checked_key(text) {
            Ok(key) => missed(&function, key),
            Err(error) => {
                bypass(site, &function.ops(), &error);
                Miss(None)
            }
        }
    })
}

#[cold]
fn missed(function: &Function<'_>, key: crate::key::KeyRef<'_>) -> Miss {
    Miss(Some(Missed {
        engine: Arc::clone(function.engine),
        counters: Arc::clone(function.counters),
        key: key.to_owned(),
        arrival: function.engine.seq(),
    }))
}

#[cold]
fn bypass(site: &'static CallSite, ops: &Ops<'_>, error: &Error) {
    ops.count(Count::Bypassed);
    log_bypass(site, error);
}

fn log_bypass(site: &'static CallSite, error: &Error) {
    if site.complains_first() {
        tracing::warn!(function = site.name(), %error, "a call runs without the cache; further ones are counted only");
    }
}

#[cold]
fn bypass_without_cache(site: &'static CallSite) {
    if site.complains_first() {
        let error = no_cache(site);
        tracing::error!(%error, "its calls run without the cache; further ones are counted only");
    }
}

impl Miss {
    /// Makes the call it belongs to; `None` when the loader is to run without the cache.
    fn into_call<V, E>(
        self,
        site: &'static CallSite,
        access: Access<V>,
        settings: Settings<V>,
        sharing: Sharing<E>,
        manner: Manner,
    ) -> Option<Call<V, E>>
    where
        V: Clone + Send + Sync + 'static,
    {
        let Missed { engine, counters, key, arrival } = self.0?;
        let namespace = engine.namespace_cell(site.escaped_namespace());
        let plan = match engine.plan(&settings.options, Some(namespace), site.version()) {
            Ok(plan) => plan,
            Err(error) => {
                engine.count(Some(&counters), Count::Bypassed);
                log_bypass(site, &error);
                return None;
            }
        };
        let order = Order { key, access, plan, finish: settings.finish, manner };
        Some(Call::new(engine, Some(counters), arrival, order, sharing))
    }
}

/// What a load needs besides its loader.
#[derive(Debug)]
pub struct Request<V, E> {
    /// The function.
    pub site: &'static CallSite,
    /// How its values are stored.
    pub access: Access<V>,
    /// What the attribute says.
    pub settings: Settings<V>,
    /// How its errors are shared.
    pub sharing: Sharing<E>,
    /// Load even if others do or have just done.
    pub anew: bool,
}

impl<V: Clone + Send + Sync + 'static, E> Request<V, E> {
    fn into_call(self, miss: Miss) -> (Option<Call<V, E>>, Sharing<E>) {
        let manner = if self.anew { Manner::Anew } else { Manner::Shared };
        (miss.into_call(self.site, self.access, self.settings, self.sharing, manner), self.sharing)
    }
}

/// Turns what the cache itself has to say into the user's error.
///
/// # Panics
///
/// When the user's type has no room for it. That is only a load that waits for itself, which without the cache would
/// call itself without end.
fn surface<V, E>(result: Result<Loaded<V>, Failure<E>>, sharing: Sharing<E>) -> Result<Loaded<V>, E> {
    result.map_err(|failure| match failure {
        Failure::Loader(error) => error,
        Failure::Cache(error) => match sharing.carry {
            Some(carry) => carry(LoadError::from(error)),
            None => panic!(
                "{error} (an error type with `From<hydracache::LoadError>` would be returned instead of this panic)"
            ),
        },
    })
}

/// Asks whether a loader can outlive its call; methods of more references are tried first.
#[derive(Debug)]
pub struct LoaderProbe<Fut>(PhantomData<fn() -> Fut>);

/// A probe for the future that `loader` returns.
pub fn probe<Fut>(_loader: &impl FnOnce() -> Fut) -> LoaderProbe<Fut> {
    LoaderProbe(PhantomData)
}

/// The loader owns all it needs and can move to another thread.
pub trait CanOutlive {
    /// How to run it.
    fn mode(&self) -> Outlives;
}

impl<Fut: Future + Send + 'static> CanOutlive for &LoaderProbe<Fut> {
    fn mode(&self) -> Outlives {
        Outlives
    }
}

/// The loader belongs to the task of its caller.
pub trait StaysInPlace {
    /// How to run it.
    fn mode(&self) -> InPlace;
}

impl<Fut> StaysInPlace for LoaderProbe<Fut> {
    fn mode(&self) -> InPlace {
        InPlace
    }
}

/// Runs loads that go on when their caller goes away.
#[derive(Debug, Clone, Copy)]
pub struct Outlives;

/// Runs loads that end with their caller.
#[derive(Debug, Clone, Copy)]
pub struct InPlace;

impl Outlives {
    /// Loads. The future is boxed, so that the function's own stays small for those who hit.
    #[allow(clippy::type_complexity, reason = "an opaque type cannot be given a name")]
    pub fn load<const SHAPE: u8, R, F, Fut>(
        self,
        miss: Miss,
        request: Request<R::Value, R::Error>,
        loader: F,
    ) -> Pin<Box<impl Future<Output = Result<Loaded<R::Value>, R::Error>>>>
    where
        R: Outcome<SHAPE>,
        R::Value: Clone + Send + Sync + 'static,
        R::Error: 'static,
        F: FnOnce() -> Fut,
        Fut: Future<Output = R> + Send + 'static,
    {
        Box::pin(async move {
            let (call, sharing) = request.into_call(miss);
            let Some(call) = call else { return loader().await.split().map(Loaded::uncached) };
            let result = call.drive(|lead| {
                let (engine, counters) = (lead.engine(), lead.counters());
                let load = lead.begin_loader(loader);
                Adoptable::new(lead.run(async move { load.await.split() }), engine, counters)
            });
            surface(result.await, sharing)
        })
    }
}

impl InPlace {
    /// Loads. The future is boxed, so that the function's own stays small for those who hit.
    #[allow(clippy::type_complexity, reason = "an opaque type cannot be given a name")]
    pub fn load<const SHAPE: u8, R, F, Fut>(
        self,
        miss: Miss,
        request: Request<R::Value, R::Error>,
        loader: F,
    ) -> Pin<Box<impl Future<Output = Result<Loaded<R::Value>, R::Error>>>>
    where
        R: Outcome<SHAPE>,
        R::Value: Clone + Send + Sync + 'static,
        F: FnOnce() -> Fut,
        Fut: Future<Output = R>,
    {
        Box::pin(async move {
            let (call, sharing) = request.into_call(miss);
            let Some(call) = call else { return loader().await.split().map(Loaded::uncached) };
            let result = call.drive(|lead| {
                let load = lead.begin_loader(loader);
                lead.run(async move { load.await.split() })
            });
            surface(result.await, sharing)
        })
    }
}

/// Loads on the calling thread, waiting there for others who load the same.
pub fn load_blocking<const SHAPE: u8, R>(
    miss: Miss,
    request: Request<R::Value, R::Error>,
    loader: impl FnOnce() -> R,
) -> Result<Loaded<R::Value>, R::Error>
where
    R: Outcome<SHAPE>,
    R::Value: Clone + Send + Sync + 'static,
{
    let (call, sharing) = request.into_call(miss);
    let Some(call) = call else { return loader().split().map(Loaded::uncached) };
    surface(call.drive_blocking(|lead| lead.run_blocking(|| loader().split())), sharing)
}

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
pub fn key(site: &'static CallSite, write_key: impl FnOnce(&mut KeyBuf)) -> CacheKey {
    CacheKey::from_text(write(&mut KeyBuf::new(), site, write_key))
}

/// The cached value of a call, without a load and without noting a use. What cannot be read is not there.
pub fn peek<V: Clone + Send + Sync + 'static>(
    site: &'static CallSite,
    access: Access<V>,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf),
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
    write_key: impl FnOnce(&mut KeyBuf),
    settings: Settings<V>,
    value: V,
) -> Applied {
    let mut key = KeyBuf::new();
    let text = write(&mut key, site, write_key);
    with(site, cache, |function| match function {
        Some(function) => {
            function.ops().put_finished(text, value, &access, settings.options, settings.finish)
        }
        None => Applied::new(Err(no_cache(site))),
    })
}

/// Takes the entry of a call out.
pub fn invalidate(
    site: &'static CallSite,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf),
) -> Applied<bool> {
    on_key(site, cache, write_key, |ops, key| ops.remove(key))
}

/// Ends the freshness of the entry of a call.
pub fn expire(
    site: &'static CallSite,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf),
) -> Applied<bool> {
    on_key(site, cache, write_key, |ops, key| ops.expire(key))
}

fn on_key(
    site: &'static CallSite,
    cache: Option<&HydraCache>,
    write_key: impl FnOnce(&mut KeyBuf),
    work: impl FnOnce(&Ops<'_>, crate::key::KeyRef<'_>) -> bool,
) -> Applied<bool> {
    let mut key = KeyBuf::new();
    let text = write(&mut key, site, write_key);
    with(site, cache, |function| {
        let applied = || -> CacheResult<bool> {
            let function = function.ok_or_else(|| no_cache(site))?;
            let key = function.engine.checked_key(text)?;
            Ok(work(&function.ops(), key))
        };
        Applied::new(applied())
    })
}

/// Invalidates every entry of a function, in constant time.
pub fn clear(site: &'static CallSite, cache: Option<&HydraCache>) -> Applied {
    with(site, cache, |function| {
        Applied::new(
            function
                .map(|f| f.engine.invalidate_namespace(site.escaped_namespace()))
                .ok_or_else(|| no_cache(site)),
        )
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

fn no_cache(site: &'static CallSite) -> Error {
    Error::new(
        crate::error::ErrorKind::Configuration,
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
