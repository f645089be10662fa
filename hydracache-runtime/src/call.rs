//! The way of a call that missed: begin, lead or wait, commit, tell. Read this file first.
//!
//! A [`Call`] says step by step what to do next and never waits itself, so that async and blocking callers share all
//! of it: [`Call::drive`] and [`Call::drive_blocking`] differ in how they wait and how they run the loader.

use std::any::TypeId;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use event_listener::EventListener;

use crate::cached::{Cached, Source};
use crate::clock::Tick;
use crate::draft::Finish;
use crate::engine::{Begun, Edge, Engine, Flight, Manner, Outcome, Plan, Want};
use crate::entry::Entry;
use crate::error::Error;
use crate::event::{CacheEventKind, CacheEventOrigin, Count, Counters};
use crate::key::StoreKey;
use crate::lead::Lead;
use crate::planted::{PlantedBug, planted};
use crate::policy::{GRACE, Windows};
use crate::sharing::Sharing;
use crate::sync::{Arc, Handle, block_on};
use crate::timer::Sleep;
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
    pub(crate) windows: Windows,
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
    joined: Option<Joined>,
    /// A load that was waited for long enough.
    overdue: Option<Arc<Flight>>,
    rejected: Option<Arc<Entry>>,
    /// When a stale value is handed out instead of waiting on; taken when it has passed.
    soft_end: Option<Tick>,
    unshared_failures: u8,
    classified: bool,
}

/// A flight that a call waits for.
struct Joined {
    flight: Arc<Flight>,
    /// Says so to whoever looks for loads that wait for themselves.
    #[allow(dead_code, reason = "it acts when it is dropped")]
    edge: Option<Edge>,
    /// When the call has waited long enough.
    end: Tick,
}

/// What a call does next.
pub(crate) enum Step<T, E> {
    Done(Result<Loaded<T>, Failure<E>>),
    Lead(Lead<T, E>),
    Wait(Waiting),
}

/// Ends when a flight has landed, or when it was waited for long enough.
pub(crate) struct Waiting {
    landed: EventListener,
    limit: Sleep,
}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match Pin::new(&mut self.landed).poll(context) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => Pin::new(&mut self.limit).poll(context),
        }
    }
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
        let soft_timeout = order.windows.soft_timeout;
        let soft_end = (soft_timeout != 0).then(|| engine.now().plus(soft_timeout));
        Self {
            engine,
            counters,
            order,
            sharing,
            arrival,
            since: None,
            joined: None,
            overdue: None,
            rejected: None,
            soft_end,
            unshared_failures: 0,
            classified: false,
        }
    }

    /// The same call, for which an entry that the store holds will not do.
    pub(crate) fn passing_over(mut self, entry: Arc<Entry>) -> Self {
        self.rejected = Some(entry);
        self
    }

    /// Goes all the way in an async task. `run` is called at most once, when this call leads.
    pub(crate) async fn drive<F>(mut self, run: impl FnOnce(Lead<T, E>) -> F) -> Result<Loaded<T>, Failure<E>>
    where
        F: Future<Output = Result<Loaded<T>, Failure<E>>>,
    {
        let first = self.next();
        self.drive_from(first, run).await
    }

    /// Goes on after a first step.
    pub(crate) async fn drive_from<F>(
        mut self,
        first: Step<T, E>,
        run: impl FnOnce(Lead<T, E>) -> F,
    ) -> Result<Loaded<T>, Failure<E>>
    where
        F: Future<Output = Result<Loaded<T>, Failure<E>>>,
    {
        let mut step = first;
        loop {
            match step {
                Step::Done(result) => return result,
                Step::Lead(lead) => {
                    // The edge belongs to this call: a load that is adopted after it is no wait of the caller's.
                    let _edge = Edge::lead(lead.flight());
                    return match self.into_fallback() {
                        None => run(lead).await,
                        Some(fallback) => fallback.patiently(run(lead)).await,
                    };
                }
                Step::Wait(waiting) => waiting.await,
            }
            step = self.next();
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
                    let fallback = self.into_fallback();
                    return run(lead).or_else(|failure| fallback.and_then(|it| it.rescue()).ok_or(failure));
                }
                Step::Wait(waiting) => block_on(waiting),
            }
        }
    }

    /// Whether there may be a stale value to hand out where the load gives nothing.
    pub(crate) fn may_fall_back(&self) -> bool {
        self.order.windows.keep() != 0
    }

    /// What is left of a call that leads: nothing, unless there may be a stale value to fall back on.
    fn into_fallback(self) -> Option<Self> {
        self.may_fall_back().then_some(self)
    }

    /// Waits for the call's own load, or hands out a stale value when that fails or takes too long. A load that takes too
    /// long is dropped here, which hands it over to the runtime.
    async fn patiently<F>(mut self, load: F) -> Result<Loaded<T>, Failure<E>>
    where
        F: Future<Output = Result<Loaded<T>, Failure<E>>>,
    {
        let mut load = pin!(load);
        // Without a runtime nobody would take the load over.
        let soft_end = self.soft_end.filter(|_| Handle::try_current().is_ok());
        let mut limit = soft_end.map(|end| self.engine.sleep_until(end));
        let loaded = poll_fn(|context| {
            if let Poll::Ready(result) = load.as_mut().poll(context) {
                return Poll::Ready(result);
            }
            let over = limit.as_mut().is_some_and(|limit| Pin::new(limit).poll(context).is_ready());
            if over {
                limit = None;
            }
            match self.hand_out_stale(over) {
                Some(stale) => Poll::Ready(Ok(stale)),
                None => Poll::Pending,
            }
        });
        loaded.await.or_else(|failure| self.rescue().ok_or(failure))
    }

    /// The stale value, when the soft timeout is over and there is one.
    fn hand_out_stale(&mut self, over: bool) -> Option<Loaded<T>> {
        if !over {
            return None;
        }
        self.soft_end = None;
        let stale = self.rescue()?;
        self.count(Count::SoftTimeout);
        Some(stale)
    }

    /// Begins a load in the background beside `entry`, which is served meanwhile; `None` if somebody loads already.
    pub(crate) fn begin_refresh(mut self, entry: Arc<Entry>) -> Option<Lead<T, E>> {
        self.rejected = Some(Arc::clone(&entry));
        match self.begun() {
            Begun::Leads(flight) => {
                self.count(Count::Refresh);
                Some(self.lead(flight, Some(entry)))
            }
            Begun::Found(_) | Begun::Joined(_) => None,
        }
    }

    pub(crate) fn next(&mut self) -> Step<T, E> {
        loop {
            if let Some(joined) = &self.joined {
                let flight = Arc::clone(&joined.flight);
                match flight.outcome_or_wait() {
                    Ok(outcome) => {
                        self.joined = None;
                        if let Some(result) = self.judge(&flight, outcome) {
                            return Step::Done(result);
                        }
                    }
                    Err(landed) => {
                        if let Some(step) = self.wait(flight, landed) {
                            return step;
                        }
                    }
                }
            }
            if let Some(step) = self.begin() {
                return step;
            }
        }
    }

    /// Waits on for a flight, or does not: a stale value will do, or the flight takes too long; then `None`.
    fn wait(&mut self, flight: Arc<Flight>, landed: EventListener) -> Option<Step<T, E>> {
        let now = self.engine.now();
        let soft_is_over = self.soft_end.is_some_and(|end| now >= end);
        if let Some(stale) = self.hand_out_stale(soft_is_over) {
            return Some(Step::Done(Ok(stale)));
        }
        let end = self.joined.as_ref().map_or(now, |joined| joined.end);
        if now >= end {
            self.count(Count::WaitTimeout);
            self.joined = None;
            self.overdue = Some(flight);
            return None;
        }
        let limit = self.engine.sleep_until(self.soft_end.map_or(end, |soft| soft.min(end)));
        Some(Step::Wait(Waiting { landed, limit }))
    }

    fn begun(&self) -> Begun {
        let want = Want {
            type_id: TypeId::of::<T>(),
            cells: &self.order.plan.cells,
            since: self.since,
            manner: if self.order.windows.alone { Manner::Alone } else { self.order.manner },
            rejected: self.rejected.as_ref(),
            overdue: self.overdue.as_ref(),
            load_timeout: self.order.windows.load_timeout,
        };
        self.engine.begin(&self.order.key, &want)
    }

    fn lead(&self, flight: Arc<Flight>, renews: Option<Arc<Entry>>) -> Lead<T, E> {
        let (engine, counters) = (Arc::clone(&self.engine), self.counters.clone());
        Lead::new(engine, flight, counters, &self.order, self.sharing, renews)
    }

    fn begin(&mut self) -> Option<Step<T, E>> {
        match self.begun() {
            Begun::Found(entry) => match self.read(&entry) {
                Ok(value) => {
                    self.classify(Count::Hit, Some(&entry));
                    Some(Step::Done(Ok(self.loaded(&entry, value, Source::Hit))))
                }
                Err(error) => {
                    if let ReadError::Failure(shared) = &error
                        && let Some(error) = (self.sharing.unshare)(shared)
                    {
                        self.classify(Count::Hit, Some(&entry));
                        return Some(Step::Done(Err(Failure::Loader(error))));
                    }
                    self.count_unread(&error);
                    self.rejected = Some(entry);
                    None
                }
            },
            Begun::Joined(flight) => {
                self.classify(Count::Join, None);
                match Edge::join(&flight) {
                    Ok(edge) => {
                        let end = self.engine.now().plus(self.order.windows.wait_timeout);
                        // What ends by its own limit at that time is about to tell how.
                        let end = if flight.limit <= end { end.max(flight.limit.plus(GRACE)) } else { end };
                        self.joined = Some(Joined { flight, edge, end });
                    }
                    Err(cycle) => {
                        self.count(Count::Cycle);
                        return Some(Step::Done(Err(Failure::Cache(cycle))));
                    }
                }
                None
            }
            Begun::Leads(flight) => {
                self.classify(Count::Miss, None);
                Some(Step::Lead(self.lead(flight, None)))
            }
        }
    }

    /// What a flight that was joined means for this call; `None` sends it on to begin again.
    fn judge(&mut self, flight: &Flight, outcome: &Outcome) -> Option<Result<Loaded<T>, Failure<E>>> {
        match outcome {
            Outcome::Value(entry) if self.accepts(flight, entry) => match self.read(entry) {
                Ok(value) => Some(Ok(self.loaded(entry, value, Source::Joined))),
                Err(error) => {
                    self.count_unread(&error);
                    None
                }
            },
            Outcome::Value(_) => {
                self.count(Count::Rejoin);
                self.since = Some(self.arrival);
                None
            }
            Outcome::Refused(error) => Some(self.rescue().ok_or_else(|| Failure::Cache(error.clone()))),
            Outcome::Failed(shared) => {
                if let Some(stale) = self.rescue() {
                    return Some(Ok(stale));
                }
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

    /// What the store has for a call whose load gave nothing: a value that is not too old for it.
    fn rescue(&self) -> Option<Loaded<T>> {
        let windows = &self.order.windows;
        if windows.keep() == 0 {
            return None;
        }
        let entry = self.engine.rescue(self.order.key.as_ref(), windows)?;
        if !self.order.plan.cells.hold_since(entry.stamp) {
            return None;
        }
        let value = self.read(&entry).ok()?;
        let now = self.engine.now();
        // However late it is handed out, it is used by that.
        entry.touch(|| now);
        if entry.is_fresh(|| now) {
            return Some(self.loaded(&entry, value, Source::Hit));
        }
        entry.note_failure(now, windows.retry_after);
        self.count(Count::StaleOnError);
        let key = self.order.key.as_str();
        self.engine.tell(CacheEventKind::StaleServed, CacheEventOrigin::Local, key, Some(&entry));
        Some(self.loaded(&entry, value, Source::Stale))
    }

    fn read(&self, entry: &Entry) -> Result<AnyValue, ReadError> {
        let version = self.order.plan.terms.version;
        entry.stored.read(&self.order.access, self.engine.codec(), version, |any, _| Arc::clone(any))
    }

    fn loaded(&self, entry: &Entry, value: AnyValue, source: Source) -> Loaded<T> {
        Loaded::new(value, source, self.engine.now().since(entry.created))
    }

    /// Counts what became of the call at its first decision, and tells of it.
    fn classify(&mut self, count: Count, entry: Option<&Entry>) {
        if !self.classified {
            self.classified = true;
            self.count(count);
            let kind = if let Count::Hit = count { CacheEventKind::Hit } else { CacheEventKind::Miss };
            self.engine.tell(kind, CacheEventOrigin::Local, self.order.key.as_str(), entry);
        }
    }

    fn count_unread(&self, error: &ReadError) {
        if let Some(count) = error.counts_as() {
            self.count(count);
        }
    }

    fn count(&self, count: Count) {
        self.engine.count(self.counters.as_ref(), count);
    }
}
