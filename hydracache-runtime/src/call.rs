//! The way of a call that missed: begin, lead or wait, commit, tell. Read this file first.
//!
//! A [`Call`] says step by step what to do next and never waits itself, so that async and blocking callers share all
//! of it: [`Call::drive`] and [`Call::drive_blocking`] differ in how they wait and how they run the loader.

use std::any::TypeId;
use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use event_listener::{EventListener, Listener};

use crate::cached::{Cached, Source};
use crate::draft::Finish;
use crate::engine::{Begun, Edge, Engine, Flight, Manner, Outcome, Plan, Want};
use crate::entry::Entry;
use crate::error::Error;
use crate::event::{Count, Counters};
use crate::key::StoreKey;
use crate::lead::Lead;
use crate::planted::{PlantedBug, planted};
use crate::sharing::Sharing;
use crate::sync::Arc;
use crate::value::{Access, AnyValue, ReadError};

/// Why a call has no value.
#[derive(Debug)]
pub(crate) enum Failure<E> {
    /// The user's loader returned this, in this call or in one that it waited for.
    Loader(E),
    /// The cache refused.
    Cache(Error),
}

/// What a call got.
#[derive(Debug)]
pub struct Loaded<T> {
    value: AnyValue,
    source: Source,
    age: Duration,
    typed: PhantomData<fn() -> T>,
}

impl<T: Clone + Send + Sync + 'static> Loaded<T> {
    pub(crate) fn new(value: AnyValue, source: Source, age: Duration) -> Self {
        Self { value, source, age, typed: PhantomData }
    }

    /// A value that never met the cache.
    pub(crate) fn uncached(value: T) -> Self {
        Self::new(Arc::new(value), Source::Uncached, Duration::ZERO)
    }

    /// The value, or a clone of it if somebody else holds it too.
    pub fn into_value(self) -> T {
        let value = self.value.downcast::<T>().expect("it was read as this type");
        Arc::try_unwrap(value).unwrap_or_else(|shared| (*shared).clone())
    }

    /// A clone of the value with its source and age.
    pub fn into_cached(self) -> Cached<T> {
        let (source, age) = (self.source, self.age);
        Cached::new(self.into_value(), source, age)
    }
}

/// What a call wants, settled before it begins.
#[derive(Debug)]
pub(crate) struct Order<T> {
    pub(crate) key: StoreKey,
    pub(crate) access: Access<T>,
    pub(crate) plan: Plan,
    pub(crate) finish: Option<Finish<T>>,
    pub(crate) manner: Manner,
}

/// One call that missed, between two steps.
pub(crate) struct Call<T, E> {
    engine: Arc<Engine>,
    counters: Option<Arc<Counters>>,
    order: Order<T>,
    sharing: Sharing<E>,
    /// The sequence number when the call began: what it returns must be valid as of this one.
    arrival: u64,
    /// Set when a joined value was not accepted: from then on only flights that began later are joined.
    since: Option<u64>,
    joined: Option<(Arc<Flight>, Option<Edge>)>,
    rejected: Option<Arc<Entry>>,
    unshared_failures: u8,
    classified: bool,
}

/// What a call does next.
enum Step<T, E> {
    Done(Result<Loaded<T>, Failure<E>>),
    Lead(Lead<T, E>),
    Wait(EventListener),
}

impl<T: Clone + Send + Sync + 'static, E> Call<T, E> {
    /// A call that looked and found nothing. `arrival` may be taken after the look: a later one asks for more.
    pub(crate) fn new(
        engine: Arc<Engine>,
        counters: Option<Arc<Counters>>,
        arrival: u64,
        order: Order<T>,
        sharing: Sharing<E>,
    ) -> Self {
        Self {
            engine,
            counters,
            order,
            sharing,
            arrival,
            since: None,
            joined: None,
            rejected: None,
            unshared_failures: 0,
            classified: false,
        }
    }

    /// Goes all the way in an async task. `run` is called at most once, when this call leads.
    pub(crate) async fn drive<F>(mut self, run: impl FnOnce(Lead<T, E>) -> F) -> Result<Loaded<T>, Failure<E>>
    where
        F: Future<Output = Result<Loaded<T>, Failure<E>>>,
    {
        loop {
            match self.next() {
                Step::Done(result) => return result,
                Step::Lead(lead) => {
                    // The edge belongs to this call: a load that is adopted after it is no wait of the caller's.
                    let _edge = Edge::lead(lead.flight());
                    drop(self);
                    return run(lead).await;
                }
                Step::Wait(listener) => listener.await,
            }
        }
    }

    /// Goes all the way on a thread that may block.
    pub(crate) fn drive_blocking(
        mut self,
        run: impl FnOnce(Lead<T, E>) -> Result<Loaded<T>, Failure<E>>,
    ) -> Result<Loaded<T>, Failure<E>> {
        loop {
            match self.next() {
                Step::Done(result) => return result,
                Step::Lead(lead) => {
                    let _edge = Edge::lead(lead.flight());
                    return run(lead);
                }
                Step::Wait(listener) => listener.wait(),
            }
        }
    }

    fn next(&mut self) -> Step<T, E> {
        loop {
            if let Some((flight, _)) = &self.joined {
                let flight = Arc::clone(flight);
                let outcome = match flight.outcome_or_wait() {
                    Ok(outcome) => outcome,
                    Err(listener) => return Step::Wait(listener),
                };
                self.joined = None;
                if let Some(result) = self.judge(&flight, outcome) {
                    return Step::Done(result);
                }
            }
            if let Some(step) = self.begin() {
                return step;
            }
        }
    }

    fn begin(&mut self) -> Option<Step<T, E>> {
        let want = Want {
            type_id: TypeId::of::<T>(),
            cells: &self.order.plan.cells,
            since: self.since,
            manner: self.order.manner,
            rejected: self.rejected.as_ref(),
        };
        match self.engine.begin(&self.order.key, &want) {
            Begun::Found(entry) => match self.read(&entry) {
                Ok(value) => {
                    self.classify(Count::Hit);
                    Some(Step::Done(Ok(self.loaded(&entry, value, Source::Hit))))
                }
                Err(error) => {
                    self.count(error.counts_as());
                    self.rejected = Some(entry);
                    None
                }
            },
            Begun::Joined(flight) => {
                self.classify(Count::Join);
                match Edge::join(&flight) {
                    Ok(edge) => self.joined = Some((flight, edge)),
                    Err(cycle) => {
                        self.count(Count::Cycle);
                        return Some(Step::Done(Err(Failure::Cache(cycle))));
                    }
                }
                None
            }
            Begun::Leads(flight) => {
                self.classify(Count::Miss);
                self.count(Count::Load);
                let (engine, counters) = (Arc::clone(&self.engine), self.counters.clone());
                Some(Step::Lead(Lead::new(engine, flight, counters, &self.order, self.sharing)))
            }
        }
    }

    /// What a flight that was joined means for this call; `None` sends it on to begin again.
    fn judge(&mut self, flight: &Flight, outcome: &Outcome) -> Option<Result<Loaded<T>, Failure<E>>> {
        match outcome {
            Outcome::Value(entry) if self.accepts(flight, entry) => match self.read(entry) {
                Ok(value) => Some(Ok(self.loaded(entry, value, Source::Joined))),
                Err(error) => {
                    self.count(error.counts_as());
                    None
                }
            },
            Outcome::Value(_) => {
                self.count(Count::Rejoin);
                self.since = Some(self.arrival);
                None
            }
            Outcome::Failed(shared) => {
                if let Some(error) = shared.as_ref().and_then(|shared| (self.sharing.unshare)(shared)) {
                    return Some(Err(Failure::Loader(error)));
                }
                self.unshared_failures += 1;
                if self.unshared_failures == 2 {
                    self.count(Count::SelfLoad);
                    self.order.manner = Manner::Alone;
                }
                None
            }
            Outcome::Gone => None,
        }
    }

    /// Whether the value of a flight is not older than this call.
    ///
    /// A flight that began after the arrival is. One that began before is if nothing its value depends on was
    /// invalidated since it began, tags that became known with the value included. (To ask whether something was
    /// invalidated between its stamp and the arrival would be wrong: a later invalidation hides an earlier one.)
    fn accepts(&self, flight: &Flight, entry: &Entry) -> bool {
        if planted(PlantedBug::JoinerChecksArrival) {
            return !entry.cells.last_raised_within(flight.moment.stamp, self.arrival);
        }
        self.since.is_some()
            || flight.moment.stamp >= self.arrival
            || (self.engine.hold_since(&entry.cells, flight.moment.stamp)
                && self.order.plan.cells.hold_since(flight.moment.stamp))
    }

    fn read(&self, entry: &Entry) -> Result<AnyValue, ReadError> {
        let version = self.order.plan.version;
        entry.stored.read(&self.order.access, self.engine.codec(), version, |any, _| Arc::clone(any))
    }

    fn loaded(&self, entry: &Entry, value: AnyValue, source: Source) -> Loaded<T> {
        Loaded::new(value, source, self.engine.now().since(entry.created))
    }

    fn classify(&mut self, count: Count) {
        if !self.classified {
            self.classified = true;
            self.count(count);
        }
    }

    fn count(&self, count: Count) {
        self.engine.count(self.counters.as_ref(), count);
    }
}
