//! A runtime of its own for each test, and where its loads read.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hydracache::{HydraCache, Runtime};
use tokio::sync::Semaphore;

/// Runs a test in a runtime with a default cache and one that is named `side`.
pub(crate) async fn isolated<F: Future>(test: F) -> F::Output {
    runtime().scope(test).await
}

/// As [`isolated`], without async.
pub(crate) fn isolated_sync<R>(test: impl FnOnce() -> R) -> R {
    runtime().sync_scope(test)
}

fn runtime() -> Runtime {
    runtime_over(HydraCache::local().build())
}

/// A runtime with that default cache and one that is named `side`.
pub(crate) fn runtime_over(default: HydraCache) -> Runtime {
    Runtime::builder().cache(default).named("side", HydraCache::local().name("side").build()).build().unwrap()
}

/// Lets what was spawned run until nothing happens any more.
pub(crate) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// Where loads read: it counts them, notes what they ask for, and keeps them waiting while it is closed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Desk(Arc<State>);

#[derive(Debug)]
struct State {
    asked: Mutex<Vec<Vec<u64>>>,
    waiting: AtomicUsize,
    most: AtomicUsize,
    is_closed: AtomicBool,
    fails: AtomicBool,
    gate: Semaphore,
}

impl Default for State {
    fn default() -> Self {
        Self {
            asked: Mutex::default(),
            waiting: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            is_closed: AtomicBool::new(false),
            fails: AtomicBool::new(false),
            gate: Semaphore::new(0),
        }
    }
}

/// What a load of the desk fails with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Down;

impl Desk {
    /// A desk at which loads wait for [`open`](Self::open).
    pub(crate) fn closed() -> Self {
        let desk = Self::default();
        desk.0.is_closed.store(true, Ordering::SeqCst);
        desk
    }

    /// Lets so many loads go on.
    pub(crate) fn open(&self, loads: usize) {
        self.0.gate.add_permits(loads);
    }

    /// Whether loads fail.
    pub(crate) fn fail(&self, fails: bool) {
        self.0.fails.store(fails, Ordering::SeqCst);
    }

    /// One load of these.
    pub(crate) async fn load(&self, ids: &[u64]) -> Result<(), Down> {
        self.0.asked.lock().unwrap().push(ids.to_vec());
        let waiting = self.0.waiting.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(waiting, Ordering::SeqCst);
        if self.0.is_closed.load(Ordering::SeqCst) {
            self.0.gate.acquire().await.unwrap().forget();
        }
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
        if self.0.fails.load(Ordering::SeqCst) { Err(Down) } else { Ok(()) }
    }

    /// What the loads asked for, in their order.
    pub(crate) fn asked(&self) -> Vec<Vec<u64>> {
        self.0.asked.lock().unwrap().clone()
    }

    /// How many loads there were.
    pub(crate) fn loads(&self) -> usize {
        self.0.asked.lock().unwrap().len()
    }

    /// The most that waited at one time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.0.most.load(Ordering::SeqCst)
    }
}
