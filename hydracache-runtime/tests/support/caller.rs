//! Values whose drop calls the cache that held them: dropped under a lock of that cache, they wait for themselves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use hydracache_runtime::{CacheOptions, Eviction, HydraCache, TypedCache};

use super::EVICTIONS;

/// Keys that a caller removes when it is dropped: enough to meet every lock that the keys of a cache share.
const KEYS: u64 = 2_000;

/// Entries that the caches of these scenarios hold.
pub(crate) const CAPACITY: u64 = 100;

/// A value that removes many keys when it is dropped.
#[derive(Debug)]
pub(crate) struct Caller {
    cache: HydraCache,
    /// Set while one of them is at it: the values that it removes do not do the same again.
    busy: Arc<AtomicBool>,
}

impl Drop for Caller {
    fn drop(&mut self) {
        if self.busy.swap(true, Ordering::SeqCst) {
            return;
        }
        for n in 0..KEYS {
            self.cache.remove(format!("callers:{n}")).fire();
        }
        self.busy.store(false, Ordering::SeqCst);
    }
}

/// A cache of callers.
#[derive(Debug, Clone)]
pub(crate) struct Callers {
    pub(crate) view: TypedCache<Arc<Caller>>,
    busy: Arc<AtomicBool>,
}

impl Callers {
    fn new(eviction: Eviction) -> Self {
        let cache = HydraCache::local().max_capacity(CAPACITY).eviction(eviction).build();
        Self { view: cache.typed_memory_only("callers"), busy: Arc::default() }
    }

    pub(crate) fn cache(&self) -> &HydraCache {
        self.view.cache()
    }

    pub(crate) fn value(&self) -> Arc<Caller> {
        Arc::new(Caller { cache: self.cache().clone(), busy: Arc::clone(&self.busy) })
    }

    /// Puts one under the key `n`, with the tag `t`.
    pub(crate) fn put(&self, n: u64) {
        self.view.put(n.to_string(), self.value(), CacheOptions::new().tag("t")).fire();
    }
}

/// Counts the stores over which `work` does not end in time. A thread that hangs is left behind: it waits for a lock
/// that only itself would release.
pub(crate) fn hangs(limit: Duration, work: fn(&Callers)) -> u64 {
    let started = EVICTIONS.map(|eviction| {
        let (done, wait) = mpsc::channel();
        std::thread::spawn(move || {
            work(&Callers::new(eviction));
            // Nobody listens any more if it took too long.
            let _ = done.send(());
        });
        wait
    });
    let end = Instant::now() + limit;
    let left = || end.saturating_duration_since(Instant::now());
    let hung = started.into_iter().filter(|wait| match wait.recv_timeout(left()) {
        Ok(()) => false,
        Err(mpsc::RecvTimeoutError::Timeout) => true,
        Err(mpsc::RecvTimeoutError::Disconnected) => panic!("the scenario panicked"),
    });
    hung.count() as u64
}
