//! Loads that go on when the caller that began them goes away.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::engine::Engine;
use crate::event::{Count, Counters};
use crate::runtime::{Scope, Scoped};
use crate::sync::{Arc, Handle};

/// A load that owns all it needs.
///
/// It is polled by its caller. Dropped before its end it is handed to the tokio runtime, if the thread is in one, so
/// that work which was done is not lost and those who wait keep waiting. A load that panicked is never handed over.
/// The scope of the caller travels with it; the user's task-locals cannot.
pub(crate) struct Adoptable<F: Future + Send + 'static> {
    load: Option<Pin<Box<F>>>,
    in_poll: bool,
    scope: Scope,
    engine: Arc<Engine>,
    counters: Option<Arc<Counters>>,
    /// Whether it is a load, and counted as one.
    is_load: bool,
}

impl<F: Future + Send + 'static> Adoptable<F> {
    pub(crate) fn new(load: F, engine: Arc<Engine>, counters: Option<Arc<Counters>>) -> Self {
        Self::of(load, engine, counters, true)
    }

    /// Work that is no load, and goes on in the same way.
    pub(crate) fn uncounted(work: F, engine: Arc<Engine>) -> Self {
        Self::of(work, engine, None, false)
    }

    fn of(load: F, engine: Arc<Engine>, counters: Option<Arc<Counters>>, is_load: bool) -> Self {
        let scope = Scope::current();
        Self { load: Some(Box::pin(load)), in_poll: false, scope, engine, counters, is_load }
    }
}

impl<F: Future + Send + 'static> Future for Adoptable<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let load = this.load.as_mut().expect("a future is not polled after its end");
        this.in_poll = true;
        let polled = load.as_mut().poll(context);
        this.in_poll = false;
        if polled.is_ready() {
            this.load = None;
        }
        polled
    }
}

impl<F: Future + Send + 'static> Drop for Adoptable<F> {
    fn drop(&mut self) {
        let Some(load) = self.load.take().filter(|_| !self.in_poll) else { return };
        let Ok(runtime) = Handle::try_current() else { return };
        if self.is_load {
            self.engine.count(self.counters.as_ref(), Count::Adopted);
        }
        let scope = std::mem::take(&mut self.scope);
        runtime.spawn(Scoped::new(scope, async move { drop(load.await) }));
    }
}
