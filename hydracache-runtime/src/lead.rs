//! Leading a load: running the user's loader once, making the entry, landing the flight.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::Duration;

use crate::cached::Source;
use crate::call::{Failure, Loaded, Order};
use crate::draft::{Draft, Finish};
use crate::engine::{Engine, Flight, Outcome, Plan, enter};
use crate::entry::Entry;
use crate::event::{Count, Counters};
use crate::key::StoreKey;
use crate::sharing::Sharing;
use crate::sync::Arc;
use crate::value::{Access, Stored};

/// The right and the duty to run a loader once and to land its flight.
///
/// Dropped before it is finished, it lands the flight as gone, and one of those who wait leads a new one.
pub(crate) struct Lead<T, E> {
    leaving: Leaving,
    access: Access<T>,
    ttl: Option<Duration>,
    weight: Option<u32>,
    version: u32,
    finish: Option<Finish<T>>,
    sharing: Sharing<E>,
}

impl<T: Clone + Send + Sync + 'static, E> Lead<T, E> {
    /// Takes the lead of a flight that has just begun.
    pub(crate) fn new(
        engine: Arc<Engine>,
        flight: Arc<Flight>,
        counters: Option<Arc<Counters>>,
        order: &Order<T>,
        sharing: Sharing<E>,
    ) -> Self {
        Self {
            leaving: Leaving { engine, flight, counters, landed: false },
            access: order.access,
            ttl: order.plan.ttl,
            weight: order.plan.weight,
            version: order.plan.version,
            finish: order.finish,
            sharing,
        }
    }

    /// Runs the loader in place, polled by the task that polls this.
    pub(crate) async fn run<F>(self, loader: F) -> Result<Loaded<T>, Failure<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let mut loader = pin!(loader);
        let result = poll_fn(|context| enter(&self.leaving.flight, || loader.as_mut().poll(context))).await;
        self.finish(result)
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

    pub(crate) fn key(&self) -> StoreKey {
        self.leaving.flight.key.clone()
    }

    pub(crate) fn counters(&self) -> Option<Arc<Counters>> {
        self.leaving.counters.clone()
    }

    pub(crate) fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.leaving.engine)
    }

    fn finish(self, result: Result<T, E>) -> Result<Loaded<T>, Failure<E>> {
        // What is asked of the value or of the error is code of the user's, and part of the load.
        let flight = Arc::clone(&self.leaving.flight);
        enter(&flight, || self.end(result))
    }

    fn end(mut self, result: Result<T, E>) -> Result<Loaded<T>, Failure<E>> {
        match result {
            Ok(value) => Ok(self.commit(value)),
            Err(error) => {
                let shared = (self.sharing.share)(&error);
                self.leaving.count(Count::LoadFailure);
                self.leaving.land(None, Outcome::Failed(shared));
                Err(Failure::Loader(error))
            }
        }
    }

    fn commit(&mut self, value: T) -> Loaded<T> {
        let Leaving { engine, flight, .. } = &self.leaving;
        let typed = Arc::new(value);
        let mut plan =
            Plan { cells: flight.cells.clone(), ttl: self.ttl, weight: self.weight, version: self.version };
        let drafted = self.finish.map_or(Ok(()), |finish| {
            let mut draft = Draft::default();
            finish(&typed, &mut draft);
            draft.apply(engine, &mut plan)
        });
        let stored = Stored::typed(Arc::clone(&typed), &self.access);
        let entry = engine.entry(flight.key.as_str(), stored, flight.moment, plan);
        let (entry, refused) = match (entry, drafted) {
            (Ok(entry), Ok(())) => (entry, None),
            (Ok(entry), Err(error)) | (Err((entry, error)), _) => (entry, Some(error)),
        };
        if let Some(error) = refused {
            tracing::debug!(%error, "a loaded value is handed out and not stored");
            self.leaving.count(Count::NotStored);
            self.leaving.land(None, Outcome::Value(entry));
        } else if !self.leaving.land(Some(Arc::clone(&entry)), Outcome::Value(entry)) {
            self.leaving.count(Count::StaleDiscard);
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
}

impl Leaving {
    fn land(&mut self, store: Option<Arc<Entry>>, outcome: Outcome) -> bool {
        self.landed = true;
        self.engine.land(&self.flight, store, outcome)
    }

    fn count(&self, count: Count) {
        self.engine.count(self.counters.as_ref(), count);
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if !self.landed {
            self.count(Count::Cancelled);
            self.land(None, Outcome::Gone);
        }
    }
}
