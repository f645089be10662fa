//! What a cache keeps in memory: bounded by what is live, and given back when that dies.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use hydracache_runtime::{CacheOptions, Eviction, HydraCache, TypedCache};

use crate::support::EVICTIONS;

const CAPACITY: u64 = 1_000;

/// Counts its drops. Clones share the count and are counted as one.
#[derive(Debug, Clone)]
struct Counted {
    _last: Arc<OnDrop>,
}

#[derive(Debug)]
struct OnDrop {
    dropped: Arc<AtomicU64>,
    tell: Option<mpsc::Sender<()>>,
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::SeqCst);
        if let Some(tell) = &self.tell {
            // The test may have seen enough and gone.
            let _ = tell.send(());
        }
    }
}

fn counted(dropped: &Arc<AtomicU64>, tell: Option<&mpsc::Sender<()>>) -> Counted {
    Counted { _last: Arc::new(OnDrop { dropped: Arc::clone(dropped), tell: tell.cloned() }) }
}

fn cache(eviction: Eviction, capacity: u64) -> HydraCache {
    HydraCache::local().max_capacity(capacity).eviction(eviction).build()
}

async fn put_tagged(rows: &TypedCache<Counted>, count: u64, dropped: &Arc<AtomicU64>) {
    for n in 0..count {
        let options = CacheOptions::new().tag("all").tag(format!("row:{n}"));
        rows.put(n.to_string(), counted(dropped, None), options).await.unwrap();
    }
}

#[tokio::test]
async fn unique_tags_do_not_outgrow_the_entries_that_carry_them() {
    for eviction in EVICTIONS {
        let cache = cache(eviction, CAPACITY);
        for n in 0..400_000_u64 {
            let options = CacheOptions::new().tag(format!("tag:{n}"));
            cache.put(format!("k{n}"), n, options).await.unwrap();
            if n % 50_000 == 49_999 {
                let seen = cache.diagnostics().await;
                assert!(seen.estimated_entries <= CAPACITY + CAPACITY / 10, "{eviction:?}: {seen:?}");
                assert!(seen.live_entries <= CAPACITY + CAPACITY / 10, "{eviction:?}: {seen:?}");
                assert!(seen.tags <= 4 * CAPACITY, "{eviction:?}: {seen:?}");
            }
        }
    }
}

#[tokio::test]
async fn invalidations_of_absent_tags_leave_nothing() {
    for eviction in EVICTIONS {
        let cache = cache(eviction, CAPACITY);
        for n in 0..400_000_u64 {
            cache.invalidate_tag(format!("tag:{n}")).await.unwrap();
        }
        assert_eq!(cache.diagnostics().await.tags, 0, "{eviction:?}");
    }
}

#[tokio::test]
async fn a_sweep_gives_back_what_a_tag_invalidated() {
    const ENTRIES: u64 = 5_000;
    for eviction in EVICTIONS {
        let cache = cache(eviction, 10 * ENTRIES);
        let rows = cache.typed_memory_only::<Counted>("rows");
        let dropped = Arc::new(AtomicU64::new(0));
        put_tagged(&rows, ENTRIES, &dropped).await;
        assert_eq!(dropped.load(Ordering::SeqCst), 0, "{eviction:?}: there is room for all");
        cache.invalidate_tag("all").await.unwrap();
        cache.sweep();
        assert_eq!(dropped.load(Ordering::SeqCst), ENTRIES, "{eviction:?}: values that are gone");
        let seen = cache.diagnostics().await;
        assert_eq!((seen.estimated_entries, seen.dead_entries), (0, 0), "{eviction:?}");
        assert_eq!((seen.tags, seen.stats.evictions), (0, 0), "{eviction:?}");
    }
}

#[tokio::test]
async fn a_removed_or_replaced_value_is_given_back_at_once_or_by_a_sweep() {
    for eviction in EVICTIONS {
        let cache = cache(eviction, CAPACITY);
        let rows = cache.typed_memory_only::<Counted>("rows");
        let dropped = Arc::new(AtomicU64::new(0));
        for _ in 0..3 {
            rows.put("k", counted(&dropped, None), CacheOptions::new()).await.unwrap();
        }
        rows.remove("k").await.unwrap();
        cache.sweep();
        assert_eq!(dropped.load(Ordering::SeqCst), 3, "{eviction:?}");
    }
}

#[tokio::test]
async fn a_cache_that_goes_takes_its_values_with_it() {
    for eviction in EVICTIONS {
        let dropped = Arc::new(AtomicU64::new(0));
        let (tell, told) = mpsc::channel();
        let cache = cache(eviction, CAPACITY);
        let rows = cache.typed_memory_only::<Counted>("rows");
        for n in 0..100 {
            rows.put(n.to_string(), counted(&dropped, Some(&tell)), CacheOptions::new()).await.unwrap();
        }
        drop((cache, rows));
        // The sweeper may hold the cache for the moment of a visit, so the last drop may be its.
        for gone in 0..100 {
            told.recv_timeout(Duration::from_secs(10))
                .unwrap_or_else(|_| panic!("{eviction:?}: {gone} of 100 values were dropped"));
        }
        assert_eq!(dropped.load(Ordering::SeqCst), 100, "{eviction:?}");
    }
}

#[tokio::test]
async fn what_a_cache_held_when_it_went_is_not_counted_by_another() {
    for eviction in EVICTIONS {
        let gone = cache(eviction, CAPACITY);
        for n in 0..100_u64 {
            gone.put(n.to_string(), n, CacheOptions::new()).await.unwrap();
        }
        drop(gone);
        let next = cache(eviction, CAPACITY);
        next.put("k", 1_u64, CacheOptions::new()).await.unwrap();
        assert_eq!(next.get::<u64>("k").await.unwrap(), Some(1));
        assert_eq!(next.stats().evictions, 0, "{eviction:?}: it has room for all");
    }
}

#[tokio::test]
async fn the_memory_of_what_is_dead_comes_back_without_anyone_asking() {
    const ENTRIES: u64 = 1_000;
    for eviction in EVICTIONS {
        let cache = cache(eviction, 10 * ENTRIES);
        let rows = cache.typed_memory_only::<Counted>("rows");
        let dropped = Arc::new(AtomicU64::new(0));
        let (tell, told) = mpsc::channel();
        for n in 0..ENTRIES {
            let options = CacheOptions::new().tag("all");
            rows.put(n.to_string(), counted(&dropped, Some(&tell)), options).await.unwrap();
        }
        cache.invalidate_tag("all").await.unwrap();
        for gone in 0..ENTRIES {
            told.recv_timeout(Duration::from_secs(10))
                .unwrap_or_else(|_| panic!("{eviction:?}: {gone} of {ENTRIES} came back"));
        }
    }
}

#[tokio::test]
async fn a_sweep_keeps_what_is_live() {
    for eviction in EVICTIONS {
        let cache = cache(eviction, CAPACITY);
        for n in 0..100_u64 {
            let tag = if n % 2 == 0 { "even" } else { "odd" };
            cache.put(format!("k{n}"), n, CacheOptions::new().tag(tag)).await.unwrap();
        }
        cache.invalidate_tag("odd").await.unwrap();
        let seen = cache.diagnostics().await;
        assert_eq!(seen.live_entries, 50, "{eviction:?}: {seen:?}");
        cache.sweep();
        for n in 0..100_u64 {
            let found = cache.get::<u64>(format!("k{n}")).await.unwrap();
            assert_eq!(found, (n % 2 == 0).then_some(n), "{eviction:?}");
        }
        assert_eq!(cache.diagnostics().await.dead_entries, 0, "{eviction:?}");
    }
}
