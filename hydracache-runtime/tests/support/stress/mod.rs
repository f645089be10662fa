//! The staleness checker: writers that acknowledge versions, readers that must never see an older one.
//!
//! Each key has a source, which is a number. A writer raises it, makes the cache forget what it had, and only then
//! acknowledges the new version. A reader notes the acknowledged version, asks the cache, and must be given that
//! version or a later one. Loaders read the source first and dawdle afterwards, which is what makes a cache store
//! stale values. One writer owns a key: two writers that put one key in different orders are not the cache's concern.
//!
//! A call that takes old values may be given what has only grown old or was expired, and nothing that was invalidated or
//! overwritten: it notes the latest version that was acknowledged by something final.

mod door;
mod roles;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hydracache_runtime::{CacheStats, Eviction, HydraCache};

use door::Door;
pub(crate) use door::Entrance;

/// How a writer makes the cache forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upset {
    Key,
    Tag,
    /// The tag that is unknown to loads until their value is.
    LateTag,
    Clear,
    Flush,
    /// Ends freshness, and keeps the value for calls that take old ones.
    Expire,
    Put,
    /// Whatever lies under the prefix of the key.
    Prefix,
    /// A put of what was written, announced before it was written.
    Intent,
}

/// How a reader asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    Get,
    Load,
    /// Begins to load and goes away, then gets.
    Abandon,
    /// Reads the source by hand and fills the value in, then gets.
    Fill,
    /// Calls with every window and limit, a short time to live, and a load that may fail.
    Refreshing,
    /// Asks for several keys at once, with a load that brings more than that.
    Bulk,
}

/// One run of the checker.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) eviction: Eviction,
    pub(crate) entrance: Entrance,
    pub(crate) capacity: u64,
    pub(crate) keys: u64,
    pub(crate) rounds: u64,
    pub(crate) upsets: &'static [Upset],
    pub(crate) asks: &'static [Ask],
    /// Whether to end with the first violation, for runs that look for one.
    pub(crate) until_violation: bool,
}

/// What came out of a run.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) rounds: u64,
    pub(crate) reads: u64,
    pub(crate) violations: u64,
    /// The first violation in words.
    pub(crate) first: Option<String>,
    /// Of the cache and its function.
    pub(crate) stats: CacheStats,
}

const WRITERS: u64 = 2;
const READERS: u64 = 6;
const THREADS: usize = 4;

/// What all roles of a run share.
#[derive(Debug)]
struct Board {
    scenario: Scenario,
    door: Door,
    versions: Vec<AtomicU64>,
    acknowledged: Vec<AtomicU64>,
    /// As `acknowledged`, for versions after which no older one may be handed out whatever the windows of a call.
    settled: Vec<AtomicU64>,
    rounds: AtomicU64,
    reads: AtomicU64,
    violations: AtomicU64,
    first: Mutex<Option<String>>,
    over: AtomicBool,
}

impl Board {
    fn version(&self, key: u64) -> &AtomicU64 {
        &self.versions[usize::try_from(key).expect("a small number")]
    }

    fn acknowledged(&self, key: u64) -> &AtomicU64 {
        &self.acknowledged[usize::try_from(key).expect("a small number")]
    }

    fn settled(&self, key: u64) -> &AtomicU64 {
        &self.settled[usize::try_from(key).expect("a small number")]
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn violation(&self, text: impl FnOnce() -> String) {
        self.violations.fetch_add(1, Ordering::Relaxed);
        self.first.lock().expect("no reader panics").get_or_insert_with(text);
        if self.scenario.until_violation {
            self.over.store(true, Ordering::Relaxed);
        }
    }
}

/// Runs a scenario on threads of its own.
pub(crate) fn run(scenario: &Scenario) -> Report {
    let cache = HydraCache::local().max_capacity(scenario.capacity).eviction(scenario.eviction).build();
    let numbers = || (0..scenario.keys).map(|_| AtomicU64::new(0)).collect::<Vec<_>>();
    let board = Arc::new(Board {
        scenario: scenario.clone(),
        door: Door::new(scenario.entrance, cache.clone()),
        versions: numbers(),
        acknowledged: numbers(),
        settled: numbers(),
        rounds: AtomicU64::new(0),
        reads: AtomicU64::new(0),
        violations: AtomicU64::new(0),
        first: Mutex::new(None),
        over: AtomicBool::new(false),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .build()
        .expect("a runtime with four threads");
    runtime.block_on(async {
        let writers: Vec<_> =
            (0..WRITERS).map(|n| tokio::spawn(roles::write(Arc::clone(&board), n, WRITERS))).collect();
        let others: Vec<_> = (0..READERS)
            .map(|n| tokio::spawn(roles::read(Arc::clone(&board), n)))
            .chain(std::iter::once(tokio::spawn(roles::disturb(Arc::clone(&board)))))
            .collect();
        for writer in writers {
            writer.await.expect("a writer does not panic");
        }
        board.over.store(true, Ordering::Relaxed);
        for other in others {
            other.await.expect("a reader does not panic");
        }
    });
    Report {
        rounds: board.rounds.load(Ordering::Relaxed),
        reads: board.reads.load(Ordering::Relaxed),
        violations: board.violations.load(Ordering::Relaxed),
        first: board.first.lock().expect("no reader panics").take(),
        stats: cache.stats(),
    }
}
