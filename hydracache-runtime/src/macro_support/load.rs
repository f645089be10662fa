//! What happens when a look-up missed: a load that outlives its caller, one that stays with it, or a blocking one.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::Outcome;
use super::lookup::{Miss, Missed, log_bypass};
use crate::adopt::Adoptable;
use crate::call::{Call, Failure, Loaded, Order, Step};
use crate::call_site::CallSite;
use crate::draft::{Draft, Finish};
use crate::engine::{Edge, Manner};
use crate::error::LoadError;
use crate::event::Count;
use crate::lead::Lead;
use crate::options::CacheOptions;
use crate::sharing::Sharing;
use crate::value::Access;

/// What the attribute says about the entries of its function, with the arguments of one call filled in.
#[derive(Debug)]
pub struct Settings<V> {
    /// Tags and time to live that are known before the value.
    pub options: CacheOptions,
    /// What is said once the value is known.
    pub finish: Option<fn(&V, &mut Draft)>,
}

impl<V> Settings<V> {
    /// The options of an entry whose value is known; `None` for a value that is not to be stored.
    pub(super) fn with_value(self, site: &CallSite, value: &V) -> Option<CacheOptions> {
        let mut options = self.options.or_ttl(site.default_ttl());
        let Some(finish) = self.finish else { return Some(options) };
        let mut draft = Draft::default();
        finish(value, &mut draft);
        draft.extend(&mut options).then_some(options)
    }
}

impl Miss {
    /// Makes the call it belongs to; `None` when the loader is to run without the cache.
    pub(super) fn into_call<V, E>(
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
        let options = settings.options.or_ttl(site.default_ttl());
        let plan = match engine.plan(&options, Some(namespace), site.version()) {
            Ok(plan) => plan,
            Err(error) => {
                engine.count(Some(&counters), Count::Bypassed);
                log_bypass(site, &error);
                return None;
            }
        };
        let windows = *site.windows();
        let order = Order { key, access, plan, finish: settings.finish.map(Finish::Plain), manner, windows };
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
    pub(super) fn into_call(self, miss: Miss) -> (Option<Call<V, E>>, Sharing<E>) {
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
pub(super) fn surfaced<E>(failure: Failure<E>, sharing: Sharing<E>) -> E {
    match failure {
        Failure::Loader(error) => error,
        Failure::Cache(error) => match sharing.carry {
            Some(carry) => carry(LoadError::from(error)),
            None => panic!(
                "{error} (an error type with `From<hydracache::LoadError>` would be returned instead of this panic)"
            ),
        },
    }
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
    /// Loads.
    pub fn load<const SHAPE: u8, R, F, Fut>(
        self,
        miss: Miss,
        request: Request<R::Value, R::Error>,
        loader: F,
    ) -> impl Future<Output = Result<Loaded<R::Value>, R::Error>>
    where
        R: Outcome<SHAPE>,
        R::Value: Clone + Send + Sync + 'static,
        R::Error: 'static,
        F: FnOnce() -> Fut,
        Fut: Future<Output = R> + Send + 'static,
    {
        load(miss, request, loader, |lead, loading: Fut| {
            let (engine, counters) = (lead.engine(), lead.counters());
            Adoptable::new(lead.run(async move { loading.await.split() }), engine, counters)
        })
    }
}

impl InPlace {
    /// Loads.
    pub fn load<const SHAPE: u8, R, F, Fut>(
        self,
        miss: Miss,
        request: Request<R::Value, R::Error>,
        loader: F,
    ) -> impl Future<Output = Result<Loaded<R::Value>, R::Error>>
    where
        R: Outcome<SHAPE>,
        R::Value: Clone + Send + Sync + 'static,
        F: FnOnce() -> Fut,
        Fut: Future<Output = R>,
    {
        load(miss, request, loader, |lead, loading: Fut| {
            Box::pin(lead.run(async move { loading.await.split() }))
        })
    }
}

/// The way of an async load; `run` says how the loader is run if this call leads.
///
/// What happens at once happens here. What has to wait is boxed, so that the function's own future stays small for those who
/// hit: most misses lead, and wait for nothing but their loader.
fn load<const SHAPE: u8, R, F, Fut, Run>(
    miss: Miss,
    request: Request<R::Value, R::Error>,
    loader: F,
    run: impl FnOnce(Lead<R::Value, R::Error>, Fut) -> Run,
) -> impl Future<Output = Result<Loaded<R::Value>, R::Error>>
where
    R: Outcome<SHAPE>,
    R::Value: Clone + Send + Sync + 'static,
    F: FnOnce() -> Fut,
    Fut: Future<Output = R>,
    Run: Future<Output = Result<Loaded<R::Value>, Failure<R::Error>>> + Unpin,
{
    let (call, sharing) = request.into_call(miss);
    let way = match call {
        None => None,
        Some(mut call) => match call.next() {
            Step::Lead(lead) if !call.may_fall_back() => {
                // The edge belongs to this call: a load that is adopted after it is no wait of the caller's.
                let edge = Edge::lead(lead.flight());
                let loading = lead.begin_loader(loader);
                return Loading::Leads { run: run(lead, loading), edge, sharing };
            }
            step => Some((call, step)),
        },
    };
    Loading::GoesOn(Box::pin(async move {
        let Some((call, step)) = way else { return loader().await.split().map(Loaded::uncached) };
        let result = call.drive_from(step, |lead| {
            let loading = lead.begin_loader(loader);
            run(lead, loading)
        });
        result.await.map_err(|failure| surfaced(failure, sharing))
    }))
}

/// A load under way.
enum Loading<Run, Rest, E> {
    /// Of this call, which has nothing to fall back on.
    Leads {
        run: Run,
        #[allow(dead_code, reason = "it acts when it is dropped, after the load")]
        edge: Option<Edge>,
        sharing: Sharing<E>,
    },
    /// Of another call, or of this one with something to fall back on, or without the cache.
    GoesOn(Pin<Box<Rest>>),
}

impl<V, E, Run, Rest> Future for Loading<Run, Rest, E>
where
    Run: Future<Output = Result<Loaded<V>, Failure<E>>> + Unpin,
    Rest: Future<Output = Result<Loaded<V>, E>>,
{
    type Output = Result<Loaded<V>, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Leads { run, sharing, .. } => {
                let loaded = Pin::new(run).poll(context);
                loaded.map(|loaded| loaded.map_err(|failure| surfaced(failure, *sharing)))
            }
            Self::GoesOn(rest) => rest.as_mut().poll(context),
        }
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
    let result = call.drive_blocking(|lead| lead.run_blocking(|| loader().split()));
    result.map_err(|failure| surfaced(failure, sharing))
}
