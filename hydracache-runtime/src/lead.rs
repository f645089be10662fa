//! Leading a load: running the user's loader once, making the entry, landing the flight.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use crate::cached::Source;
use crate::call::{Failure, Loaded, Order};
use crate::clock::Tick;
use crate::draft::{Draft, Finish};
use crate::engine::{Engine, Flight, Outcome, Plan, SharedError, Terms, enter};
use crate::entry::Entry;
use crate::error::{Error, ErrorKind};
use crate::event::{CacheEventKind, CacheEventOrigin, Count, Counters};
use crate::key::{StoreKey, preview};
use crate::policy::Windows;
use crate::sharing::Sharing;
use crate::sync::Arc;
use crate::value::{Access, Stored};

/// What the error of a load weighs in a cache bounded in bytes if nothing is said.
const FAILURE_WEIGHT: u32 = 64;

/// The right and the duty to run a loader once and to land its flight.
///
/// Dropped before it is finished, it lands the flight as gone, and one of those who wait leads a new one.
pub(crate) struct Lead<T, E> {
    leaving: Leaving,
    access: Access<T>,
    terms: Terms,
    windows: Windows,
    finish: Option<Finish<T>>,
    sharing: Sharing<E>,
}

impl<T: Clone + Send + Sync + 'static, E> Lead<T, E> {
    /// Takes the lead of a flight that has just begun; `renews` is the entry that is served meanwhile.
    pub(crate) fn new(
        engine: Arc<Engine>,
        flight: Arc<Flight>,
        counters: Option<Arc<Counters>>,
        order: &Order<T>,
        sharing: Sharing<E>,
        renews: Option<Arc<Entry>>,
    ) -> Self {
        let retry_after = order.windows.retry_after;
        let pauses = renews.is_some() || order.windows.keep() != 0;
        let leaving = Leaving { engine, flight, counters, landed: false, renews, pauses, retry_after };
        leaving.count(Count::Load);
        leaving.tell(CacheEventKind::LoadStarted, None);
        Self {
            leaving,
            access: order.access,
            terms: order.plan.terms,
            windows: order.windows,
            finish: order.finish.clone(),
            sharing,
        }
    }

    /// Runs the loader in place, polled by the task that polls this, no longer than it may take.
    pub(crate) async fn run<F>(self, loader: F) -> Result<Loaded<T>, Failure<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let mut loader = pin!(loader);
        let end = self.leaving.flight.limit;
        let mut limit = (end != Tick::NEVER).then(|| self.leaving.engine.sleep_until(end));
        let loaded = poll_fn(|context| {
            let polled = enter(&self.leaving.flight, || loader.as_mut().poll(context));
            match (polled, &mut limit) {
                (Poll::Ready(result), _) => Poll::Ready(Some(result)),
                (Poll::Pending, Some(limit)) => Pin::new(limit).poll(context).map(|()| None),
                (Poll::Pending, None) => Poll::Pending,
            }
        });
        match loaded.await {
            Some(result) => self.finish(result),
            None => self.time_out(),
        }
    }

    /// Calls the closure that makes a loader's future, as part of the load.
    pub(crate) fn begin_loader<F>(&self, loader: impl FnOnce() -> F) -> F {
        enter(&self.leaving.flight, loader)
    }

    /// Runs the loader on this thread.
    pub(crate) fn run_blocking(self, loader: impl FnOnce() -> Result<T, E>) -> Result<Loaded<T>, Failure<E>> {
        let result = enter(&self.leaving.flight, loader);
        self.finish(result)
    }

    pub(crate) fn flight(&self) -> &Flight {
        &self.leaving.flight
    }

    pub(crate) fn shared_flight(&self) -> Arc<Flight> {
        Arc::clone(&self.leaving.flight)
    }

    pub(crate) fn key(&self) -> StoreKey {
        self.leaving.flight.key.clone()
    }

    pub(crate) fn counters(&self) -> Option<Arc<Counters>> {
        self.leaving.counters.clone()
    }

    pub(crate) fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.leaving.engine)
    }

    /// Ends the load with what the loader returned.
    pub(crate) fn finish(self, result: Result<T, E>) -> Result<Loaded<T>, Failure<E>> {
        // What is asked of the value or of the error is code of the user's, and part of the load.
        let flight = Arc::clone(&self.leaving.flight);
        enter(&flight, || self.end(result))
    }

    /// Ends the load without a value of this key, which was no failure.
    pub(crate) fn find_nothing(mut self) {
        self.leaving.land(None, Outcome::Gone);
    }

    fn end(mut self, result: Result<T, E>) -> Result<Loaded<T>, Failure<E>> {
        match result {
            Ok(value) => Ok(self.commit(value)),
            Err(error) => {
                let shared = (self.sharing.share)(&error);
                self.fail(shared);
                Err(Failure::Loader(error))
            }
        }
    }

    /// Ends the load with an error, as far as it can be shared.
    pub(crate) fn fail(mut self, shared: Option<SharedError>) {
        self.leaving.count(Count::LoadFailure);
        self.leaving.tell(CacheEventKind::LoadFailed, None);
        self.leaving.note_failure();
        let remembered = shared.as_ref().and_then(|shared| self.remembered(shared));
        self.leaving.land(remembered, Outcome::Failed(shared));
    }

    fn time_out(mut self) -> Result<Loaded<T>, Failure<E>> {
        let limit = Duration::from_nanos(self.windows.load_timeout);
        let key = preview(self.leaving.flight.key.as_str());
        let message = format!("loading `{key}` took longer than its limit of {limit:?}");
        let error = Error::new(ErrorKind::LoadTimeout, message);
        self.leaving.count(Count::LoadTimeout);
        self.leaving.tell(CacheEventKind::LoadFailed, None);
        self.leaving.note_failure();
        self.leaving.land(None, Outcome::Refused(error.clone()));
        Err(Failure::Cache(error))
    }

    /// The entry that remembers an error, if errors are remembered and there is nothing better to hand out.
    fn remembered(&self, error: &SharedError) -> Option<Arc<Entry>> {
        let Leaving { engine, flight, .. } = &self.leaving;
        let ttl = self.terms.errors?;
        let now = engine.now();
        if engine.held(flight.key.as_ref()).is_some_and(|older| now < older.end(self.windows.keep())) {
            return None;
        }
        let weight = Some(self.terms.weight.unwrap_or(FAILURE_WEIGHT));
        let terms = Terms { ttl: Some(ttl), weight, ..self.terms };
        let plan = Plan { cells: flight.cells.clone(), terms };
        engine.entry(flight.key.as_str(), Stored::failure(Arc::clone(error)), flight.moment, plan).ok()
    }

    fn commit(&mut self, value: T) -> Loaded<T> {
        let Leaving { engine, flight, .. } = &self.leaving;
        let typed = Arc::new(value);
        let mut plan = Plan { cells: flight.cells.clone(), terms: self.terms };
        let drafted = self.finish.as_ref().map_or(Ok(true), |finish| {
            let mut draft = Draft::default();
            finish.look(&typed, &mut draft);
            draft.apply(engine, &mut plan)
        });
        let stored = Stored::typed(Arc::clone(&typed), &self.access);
        let entry = engine.entry(flight.key.as_str(), stored, flight.moment, plan);
        let (entry, drafted) = match entry {
            Ok(entry) => (entry, drafted),
            Err((entry, error)) => (entry, drafted.and(Err(error))),
        };
        self.leaving.tell(CacheEventKind::LoadSucceeded, Some(&entry));
        match drafted {
            Ok(true) => {
                if !self.leaving.land(Some(Arc::clone(&entry)), Outcome::Value(entry)) {
                    self.leaving.count(Count::StaleDiscard);
                }
            }
            Ok(false) => {
                // What was loaded is not to be stored; what it would have replaced is older still.
                if let Some(older) = self.leaving.engine.held(self.leaving.flight.key.as_ref())
                    && older.reading < entry.reading
                {
                    self.leaving.engine.supersede(self.leaving.flight.key.as_ref(), &older);
                }
                self.leaving.land(None, Outcome::Value(entry));
            }
            Err(error) => {
                tracing::debug!(%error, "a loaded value is handed out and not stored");
                self.leaving.count(Count::NotStored);
                self.leaving.land(None, Outcome::Value(entry));
            }
        }
        Loaded::new(typed, Source::Loaded, Duration::ZERO)
    }
}

/// Lands a flight, as gone if nothing better came.
struct Leaving {
    engine: Arc<Engine>,
    flight: Arc<Flight>,
    counters: Option<Arc<Counters>>,
    landed: bool,
    /// What is served while this loads in the background.
    renews: Option<Arc<Entry>>,
    /// The call can do with an older value, so a failure lets others leave the key alone for a while.
    pauses: bool,
    retry_after: u64,
}

impl Leaving {
    fn land(&mut self, store: Option<Arc<Entry>>, outcome: Outcome) -> bool {
        self.landed = true;
        self.engine.land(&self.flight, store, outcome, self.renews.is_some())
    }

    fn count(&self, count: Count) {
        self.engine.count(self.counters.as_ref(), count);
    }

    /// Tells of a step of the load.
    fn tell(&self, kind: CacheEventKind, entry: Option<&Entry>) {
        let origin = if self.renews.is_some() { CacheEventOrigin::Refresh } else { CacheEventOrigin::Local };
        self.engine.tell(kind, origin, self.flight.key.as_str(), entry);
    }

    /// Lets callers that can do with an older value leave the key alone for a while.
    fn note_failure(&self) {
        if let Some(entry) = self.engine.held(self.flight.key.as_ref()).filter(|_| self.pauses) {
            entry.note_failure(self.engine.now(), self.retry_after);
        }
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if !self.landed {
            self.count(Count::Cancelled);
            // A caller that went away says nothing about the source; a panic does.
            if self.renews.is_some() || std::thread::panicking() {
                self.note_failure();
            }
            self.land(None, Outcome::Gone);
        }
    }
}
