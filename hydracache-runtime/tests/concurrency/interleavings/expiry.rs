//! The end of an entry's time, and what takes its place meanwhile.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::poll;
use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{CacheOptions, Eviction, HydraCache};

use crate::support::EVICTIONS;
use crate::support::source::Source;

const SECOND: Duration = Duration::from_secs(1);

fn timed(eviction: Eviction) -> (ManualClock, HydraCache) {
    let clock = ManualClock::new();
    let cache = HydraCache::local().max_capacity(1_000).eviction(eviction).clock(clock.clone()).build();
    (clock, cache)
}

#[tokio::test]
async fn time_counts_from_the_start_of_the_load() {
    for eviction in EVICTIONS {
        let (clock, cache) = timed(eviction);
        let source = Source::new(1);
        let (gate, load) = source.gated();
        let mut call = pin!(cache.get_or_insert_with("k", CacheOptions::new().ttl(2 * SECOND), || load));
        assert!(poll!(call.as_mut()).is_pending());
        clock.advance(SECOND);
        gate.open();
        let row = call.await.unwrap();
        assert_eq!(cache.peek("k").unwrap(), Some(row), "{eviction:?}: half of its time is left");
        clock.advance(SECOND);
        assert_eq!(cache.peek::<crate::support::source::Row>("k").unwrap(), None, "{eviction:?}");
    }
}

#[tokio::test]
async fn a_load_that_begins_after_an_expiry_is_fresh() {
    for eviction in EVICTIONS {
        let (_, cache) = timed(eviction);
        let source = Source::new(1);
        cache.put("k", source.row(), CacheOptions::new()).await.unwrap();
        assert!(cache.expire_key("k").await.unwrap(), "a read would have found it");
        assert!(!cache.expire_key("k").await.unwrap(), "no read would find it now");
        source.raise();
        let row = cache.get_or_insert_with("k", CacheOptions::new(), || source.load()).await.unwrap();
        assert_eq!(row.version, 1, "{eviction:?}");
        assert_eq!(cache.sweep(), 0, "{eviction:?}: what was expired has been replaced");
        assert_eq!(cache.get("k").await.unwrap(), Some(row), "{eviction:?}");
    }
}

#[tokio::test]
async fn a_sweep_during_a_load_does_not_touch_what_it_stores() {
    for eviction in EVICTIONS {
        let (clock, cache) = timed(eviction);
        let source = Source::new(1);
        let options = || CacheOptions::new().ttl(SECOND);
        cache.put("k", source.row(), options()).await.unwrap();
        clock.advance(SECOND);
        source.raise();
        let (gate, load) = source.gated();
        let mut call = pin!(cache.get_or_insert_with("k", options(), || load));
        assert!(poll!(call.as_mut()).is_pending());
        assert_eq!(cache.sweep(), 1, "{eviction:?}: the expired entry");
        gate.open();
        let row = call.await.unwrap();
        assert_eq!(cache.sweep(), 0, "{eviction:?}");
        assert_eq!(cache.get("k").await.unwrap(), Some(row), "{eviction:?}");
    }
}

/// Removal of an expired entry races with the put of a fresh one. A removal that goes by the key, and not by the
/// entry it saw, takes the fresh one out in some of the rounds.
#[test]
fn the_removal_of_an_expired_entry_never_takes_a_fresher_one() {
    const ROUNDS: u64 = 20_000;
    for eviction in EVICTIONS {
        let (clock, cache) = timed(eviction);
        let over = AtomicBool::new(false);
        std::thread::scope(|threads| {
            threads.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    cache.sweep();
                }
            });
            threads.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    // A reader meets the expired entry as well. What it finds is checked by the writer.
                    let _ = cache.peek::<u64>("k");
                }
            });
            let mut lost = 0;
            for round in 0..ROUNDS {
                cache.put("k", round, CacheOptions::new().ttl(Duration::from_nanos(1))).fire();
                clock.advance(Duration::from_nanos(1));
                cache.put("k", round, CacheOptions::new().no_ttl()).fire();
                lost += u64::from(cache.peek("k").unwrap() != Some(round));
            }
            over.store(true, Ordering::Relaxed);
            assert_eq!(lost, 0, "{eviction:?}: of {ROUNDS} fresh entries");
        });
    }
}
