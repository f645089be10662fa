//! What leaves because space ran out is counted, exactly, and nothing else is.

use hydracache_runtime::{CacheOptions, Eviction, HydraCache};

use crate::support::{Dice, EVICTIONS};

const CAPACITY: u64 = 1_000;

fn small(eviction: Eviction) -> HydraCache {
    HydraCache::local().max_capacity(CAPACITY).eviction(eviction).build()
}

#[tokio::test]
async fn what_was_put_is_live_or_was_evicted() {
    for eviction in EVICTIONS {
        let cache = small(eviction);
        for n in 0..50_000_u64 {
            cache.put(format!("k{n}"), n, CacheOptions::new()).await.unwrap();
        }
        let seen = cache.diagnostics().await;
        assert_eq!(seen.dead_entries, 0, "{eviction:?}");
        assert_eq!(seen.stats.puts - seen.live_entries, seen.stats.evictions, "{eviction:?}: {seen:?}");
        assert!(seen.live_entries > CAPACITY / 2, "{eviction:?}: {seen:?}");
        assert!(seen.live_entries <= CAPACITY + CAPACITY / 10, "{eviction:?}: {seen:?}");
        assert_eq!(seen.estimated_entries, seen.live_entries, "{eviction:?}: nothing is under way");
    }
}

#[test]
fn evictions_are_exact_when_threads_put_load_and_read() {
    const THREADS: u64 = 4;
    const EACH: u64 = 20_000;
    for eviction in EVICTIONS {
        let cache = small(eviction);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        std::thread::scope(|threads| {
            for thread in 0..THREADS {
                let cache = &cache;
                threads.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    let mut dice = Dice::new(thread);
                    for n in 0..EACH {
                        let key = format!("{thread}:{n}");
                        if n % 2 == 0 {
                            cache.put(key, n, CacheOptions::new()).fire();
                        } else {
                            let call =
                                cache.get_or_insert_with(key, CacheOptions::new(), || async move { n });
                            runtime.block_on(call).unwrap();
                        }
                        // A read of what may be there and may be leaving.
                        let known = format!("{}:{}", dice.roll(THREADS), dice.roll(n + 1));
                        let _: Option<u64> = cache.peek(known).unwrap();
                    }
                });
            }
        });
        let seen = runtime.block_on(cache.diagnostics());
        let stored = THREADS * EACH;
        assert_eq!(seen.stats.puts + seen.stats.loads, stored);
        assert_eq!(stored - seen.live_entries, seen.stats.evictions, "{eviction:?}: {seen:?}");
    }
}

#[tokio::test]
async fn replacing_and_removing_are_no_evictions() {
    for eviction in EVICTIONS {
        let cache = small(eviction);
        for n in 0..1_000_u64 {
            cache.put("k", n, CacheOptions::new()).await.unwrap();
        }
        assert_eq!(cache.stats().evictions, 0, "{eviction:?}: a value was replaced by a newer one");
        cache.remove("k").await.unwrap();
        cache.put("k", 1_u64, CacheOptions::new()).await.unwrap();
        cache.expire_key("k").await.unwrap();
        cache.put("k", 2_u64, CacheOptions::new().tag("t")).await.unwrap();
        cache.invalidate_tag("t").await.unwrap();
        assert_eq!(cache.sweep(), 1, "{eviction:?}");
        assert_eq!(cache.diagnostics().await.stats.evictions, 0, "{eviction:?}: there was room for all");
    }
}

#[tokio::test]
async fn loads_that_replace_are_no_evictions() {
    for eviction in EVICTIONS {
        let cache = small(eviction);
        for _ in 0..100 {
            cache.get_or_insert_with("k", CacheOptions::new(), || async { 1_u64 }).await.unwrap();
            cache.flush().await.unwrap();
        }
        assert_eq!(cache.diagnostics().await.stats.evictions, 0, "{eviction:?}: dead entries were replaced");
    }
}
