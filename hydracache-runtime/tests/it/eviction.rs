//! What leaves when space runs out: no more than must, counted exactly, and never a wrong value.

use std::sync::Arc;
use std::thread;

use hydracache_runtime::{Eviction, HydraCache, TypedCache};

use crate::support::{plain, ready};

over_both_stores! {
    capacity_is_kept_and_what_left_is_counted,
    what_is_used_often_survives_a_scan,
    replacing_removing_and_expiring_is_no_eviction,
    an_evicted_value_is_dropped,
    a_dropped_cache_drops_its_values,
    the_end_of_one_cache_is_no_eviction_of_another,
    a_cache_that_many_threads_overwrite_goes_on_caching,
    a_value_may_use_its_cache_when_it_is_dropped,
}

fn small(eviction: Eviction, capacity: u64) -> HydraCache {
    HydraCache::local().eviction(eviction).max_capacity(capacity).build()
}

async fn capacity_is_kept_and_what_left_is_counted(eviction: Eviction) {
    let caches = [1, 10, 100, 1_000].map(|capacity| small(eviction, capacity));
    for cache in &caches {
        let capacity = cache.diagnostics().await.capacity;
        for n in 0..5_000_u64 {
            cache.put(n.to_string(), n, plain()).await.unwrap();
        }
        // The first look lets a store settle that is behind with its work.
        cache.diagnostics().await;
        let diagnostics = cache.diagnostics().await;
        let held = diagnostics.estimated_entries;
        assert!(held <= capacity, "{held} entries in a cache of {capacity}");
        assert_eq!(diagnostics.stats.evictions + held, 5_000, "in a cache of {capacity}");
        assert_eq!(diagnostics.live_entries, held);
        for n in 0..5_000_u64 {
            assert!(cache.get::<u64>(n.to_string()).await.unwrap().is_none_or(|value| value == n));
        }
    }
}

/// Either policy tells what is used again and again from what passes once.
async fn what_is_used_often_survives_a_scan(eviction: Eviction) {
    let cache = small(eviction, 1_000);
    let used = |n: u64| format!("used:{n}");
    for _ in 0..5 {
        for n in 0..100 {
            cache.get_or_insert_with(used(n), plain(), || async { 1_u8 }).await.unwrap();
        }
    }
    for n in 0..20_000 {
        cache.get_or_insert_with(format!("once:{n}"), plain(), || async { 1_u8 }).await.unwrap();
        cache.get::<u8>(used(n % 100)).await.unwrap();
    }
    let mut left = 0;
    for n in 0..100 {
        left += u32::from(cache.contains_key(used(n)).await);
    }
    assert!(left >= 90, "only {left} of 100 that are used all the time");
}

async fn replacing_removing_and_expiring_is_no_eviction(eviction: Eviction) {
    let cache = small(eviction, 1_000);
    for round in 0..5_u32 {
        for n in 0..100_u32 {
            cache.put(n.to_string(), round, plain().tag("t")).await.unwrap();
        }
    }
    assert_eq!(cache.diagnostics().await.stats.evictions, 0, "after replacing");
    for n in 0..50_u32 {
        cache.remove(n.to_string()).await.unwrap();
    }
    for n in 50..70_u32 {
        cache.expire_key(n.to_string()).await.unwrap();
    }
    cache.invalidate_tag("t").await.unwrap();
    cache.sweep();
    let diagnostics = cache.diagnostics().await;
    assert_eq!((diagnostics.estimated_entries, diagnostics.stats.evictions), (0, 0));
}

/// A cache of values that tell whether they are alive.
fn of_shares(cache: &HydraCache) -> TypedCache<Arc<()>> {
    cache.typed_memory_only("v")
}

async fn an_evicted_value_is_dropped(eviction: Eviction) {
    let cache = small(eviction, 100);
    let share = Arc::new(());
    for n in 0..2_000 {
        of_shares(&cache).put(n.to_string(), Arc::clone(&share), plain()).await.unwrap();
    }
    let held = cache.diagnostics().await.estimated_entries;
    assert_eq!(Arc::strong_count(&share) as u64, held + 1);
}

/// The sweeper may hold a cache for the moment it looks at it, so this waits until the values are gone.
async fn a_dropped_cache_drops_its_values(eviction: Eviction) {
    let share = Arc::new(());
    let cache = small(eviction, 1_000);
    for n in 0..100 {
        of_shares(&cache).put(n.to_string(), Arc::clone(&share), plain()).await.unwrap();
    }
    assert_eq!(Arc::strong_count(&share), 101);
    drop(cache);
    let began = std::time::Instant::now();
    while Arc::strong_count(&share) > 1 {
        let left = Arc::strong_count(&share) - 1;
        assert!(began.elapsed().as_secs() < 2, "{left} values outlived their cache");
        thread::yield_now();
    }
}

async fn the_end_of_one_cache_is_no_eviction_of_another(eviction: Eviction) {
    let first = small(eviction, 1_000);
    for n in 0..100 {
        first.put(n.to_string(), n, plain()).await.unwrap();
    }
    drop(first);
    let second = small(eviction, 1_000);
    second.put("k", 1_u8, plain()).await.unwrap();
    assert_eq!(second.get::<u8>("k").await.unwrap(), Some(1));
    assert_eq!(second.diagnostics().await.stats.evictions, 0);
}

/// Threads that overwrite keys in a full cache must not leave bookkeeping behind that fills it for ever.
async fn a_cache_that_many_threads_overwrite_goes_on_caching(eviction: Eviction) {
    let cache = small(eviction, 64);
    thread::scope(|scope| {
        for thread in 0..4 {
            let cache = &cache;
            scope.spawn(move || {
                for n in 0..5_000_u32 {
                    let key = format!("{thread}:{}", n % 40);
                    if n % 7 == 3 {
                        cache.remove(key).local().unwrap();
                    } else {
                        cache.put(key, n, plain()).local().unwrap();
                    }
                    ready(cache.get::<u32>(format!("{}:{}", (thread + 1) % 4, n % 40))).unwrap();
                }
            });
        }
    });
    let diagnostics = cache.diagnostics().await;
    assert_eq!(diagnostics.estimated_entries, diagnostics.live_entries, "it holds what it says");
    assert!(diagnostics.estimated_entries <= 64, "it keeps its capacity");
    for _ in 0..30 {
        for n in 0..32_u32 {
            cache.get_or_insert_with(n.to_string(), plain(), || async { 1_u8 }).await.unwrap();
        }
    }
    let mut found = 0;
    for n in 0..32_u32 {
        found += u32::from(cache.contains_key(n.to_string()).await);
    }
    // How soon a policy believes in new keys is its own business; that it never does is not.
    assert!(found >= 8, "only {found} of 32 keys that are asked for again and again are cached");
}

/// A value whose drop uses the cache it was in. It must be dropped where no lock is held.
#[derive(Clone)]
struct Caller(#[expect(dead_code, reason = "it acts when it is dropped")] Arc<Dropped>);

struct Dropped {
    key: String,
    cache: HydraCache,
}

impl Drop for Dropped {
    fn drop(&mut self) {
        self.cache.remove(format!("beside:{}", self.key)).fire();
        let _ = self.cache.peek::<u8>(&self.key);
    }
}

/// With a lock held the thread would wait for itself, so it is watched from another one.
async fn a_value_may_use_its_cache_when_it_is_dropped(eviction: Eviction) {
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        displace_values_in_every_way(eviction);
        tell.send(()).unwrap();
    });
    told.recv_timeout(std::time::Duration::from_secs(20)).expect("a value was dropped while a lock was held");
}

fn displace_values_in_every_way(eviction: Eviction) {
    let cache = small(eviction, 50);
    let values = cache.typed_memory_only::<Caller>("v");
    let value = |n: u32| Caller(Arc::new(Dropped { key: format!("v:{}", n % 60), cache: cache.clone() }));
    for n in 0..500 {
        values.put((n % 60).to_string(), value(n), plain().tag("t")).local().unwrap();
        if n % 7 == 0 {
            values.remove((n % 60).to_string()).local().unwrap();
        }
    }
    cache.invalidate_tag("t").fire();
    cache.sweep();
    assert_eq!(ready(cache.diagnostics()).live_entries, 0);
    assert_eq!(
        ready(cache.diagnostics()).estimated_entries,
        0,
        "all values are gone, and their handles with them"
    );
}
