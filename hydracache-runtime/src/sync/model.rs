//! What stands in for locks, atomics and the runtime while a model runs.

use std::cell::Cell;
use std::future::Future;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use event_listener::EventListener;

pub(crate) use shuttle::future::block_on;
pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicU64};
pub(crate) use shuttle::thread_local;

/// Lets another task go on, if the schedule says so.
fn step() {
    // In shuttle time stands still, and this is a step like any other.
    shuttle::thread::sleep(Duration::ZERO);
}

/// A mutex without poisoning; taking and releasing it are steps.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn lock(&self) -> shuttle::sync::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A number that outlives the model.
#[derive(Debug)]
pub(crate) struct StaticU64(std::sync::atomic::AtomicU64);

impl StaticU64 {
    pub(crate) const fn new(value: u64) -> Self {
        Self(std::sync::atomic::AtomicU64::new(value))
    }

    pub(crate) fn fetch_add(&self, by: u64, order: Ordering) -> u64 {
        step();
        self.0.fetch_add(by, order)
    }
}

/// What tasks wait for; beginning to listen and waking are steps.
#[derive(Debug)]
pub(crate) struct Event(event_listener::Event);

impl Event {
    pub(crate) const fn new() -> Self {
        Self(event_listener::Event::new())
    }

    pub(crate) fn listen(&self) -> EventListener {
        step();
        self.0.listen()
    }

    pub(crate) fn notify(&self, count: usize) {
        step();
        self.0.notify(count);
    }
}

shuttle::thread_local! {
    static IN_RUNTIME: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` as a task of a runtime would: what it leaves behind goes on in a task of its own.
pub(crate) fn in_runtime<R>(work: impl FnOnce() -> R) -> R {
    let before = IN_RUNTIME.with(|it| it.replace(true));
    let result = work();
    IN_RUNTIME.with(|it| it.set(before));
    result
}

/// The runtime of the current task.
#[derive(Debug)]
pub(crate) struct Handle;

/// There is no runtime.
#[derive(Debug)]
pub(crate) struct NoRuntime;

impl Handle {
    pub(crate) fn try_current() -> Result<Self, NoRuntime> {
        let in_runtime = IN_RUNTIME.try_with(Cell::get).unwrap_or(false);
        in_runtime.then_some(Self).ok_or(NoRuntime)
    }

    #[allow(clippy::unused_self, reason = "that of tokio is asked in the same way")]
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(shuttle::future::spawn(async {
            IN_RUNTIME.with(|it| it.set(true));
            task.await;
        }));
    }
}
