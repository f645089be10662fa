//! The counters when many threads raise them: nothing is lost and nothing is counted twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hydracache_runtime::{Eviction, HydraCache};

use crate::support::{plain, tagged};

const TASKS: u64 = 8;
const CALLS: u64 = 2_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_call_is_classified_once_over_s3_fifo() {
    every_call_is_classified_once(Eviction::S3Fifo).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_call_is_classified_once_over_tiny_lfu() {
    every_call_is_classified_once(Eviction::TinyLfu).await;
}

async fn every_call_is_classified_once(eviction: Eviction) {
    let cache = HydraCache::local().eviction(eviction).max_capacity(1_000).build();
    let runs = Arc::new(AtomicU64::new(0));
    let tasks = (0..TASKS).map(|task| {
        let (cache, runs) = (cache.clone(), Arc::clone(&runs));
        tokio::spawn(async move {
            for n in 0..CALLS {
                one_call(&cache, &runs, task, n).await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let stats = cache.stats();
    assert_eq!(stats.requests(), TASKS * CALLS, "{stats:?}");
    assert_eq!(stats.loads, runs.load(Ordering::Relaxed));
    // A caller that waited for a discarded value loads again, so there may be more loads than misses, never fewer
    // than the calls of loaders that were classified as misses; plain reads miss without a load.
    assert!(stats.rejoins + stats.misses >= stats.loads, "{stats:?}");
    let writes = (0..CALLS).filter(|n| n % 50 == 7).count() as u64;
    assert_eq!(stats.tag_invalidations, TASKS * writes);
    assert_eq!(stats.key_invalidations, TASKS * writes);
    assert_eq!((stats.load_failures, stats.cancelled, stats.adopted, stats.self_loads), (0, 0, 0, 0));
    assert_eq!((stats.puts, stats.flushes, stats.not_stored), (0, 0, 0));
}

async fn one_call(cache: &HydraCache, runs: &Arc<AtomicU64>, task: u64, n: u64) {
    let key = (task + n) % 37;
    if n % 50 == 7 {
        cache.invalidate_tag("t").await.unwrap();
        cache.remove(key.to_string()).await.unwrap();
    }
    if n.is_multiple_of(3) {
        cache.get::<u64>(key.to_string()).await.unwrap();
        return;
    }
    let runs = Arc::clone(runs);
    let options = if n.is_multiple_of(2) { tagged("t") } else { plain() };
    let load = || async move {
        runs.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        key
    };
    assert_eq!(cache.get_or_insert_with(key.to_string(), options, load).await.unwrap(), key);
}
