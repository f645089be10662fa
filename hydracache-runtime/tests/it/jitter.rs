//! Jitter: entries that were stored together do not expire together, and none lives longer than it may.

use std::time::Duration;

use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{CacheOptions, ErrorKind, Eviction, HydraCache};

use crate::scene::{NANO, just_before};
use crate::support::{assert_says, cache, plain, seconds};

over_both_stores! {
    lives_are_shortened_by_up_to_the_percentage,
    without_jitter_all_end_together,
    options_override_the_cache,
    every_way_to_store_is_jittered,
    an_entry_without_an_end_has_none,
    jitter_over_fifty_percent_is_refused_and_nothing_is_lost,
}

const ENTRIES: u32 = 400;

fn jittered(eviction: Eviction, percent: u8) -> (HydraCache, ManualClock) {
    let clock = ManualClock::new();
    (HydraCache::local().eviction(eviction).clock(clock.clone()).jitter(percent).build(), clock)
}

async fn put_all(cache: &HydraCache, options: CacheOptions) {
    for n in 0..ENTRIES {
        cache.put(n.to_string(), n, options.clone()).await.unwrap();
    }
}

async fn live(cache: &HydraCache) -> u32 {
    let mut live = 0;
    for n in 0..ENTRIES {
        live += u32::from(cache.contains_key(n.to_string()).await);
    }
    live
}

/// Asserts that lives of 100 seconds end between `first` and 100, spread over that time.
async fn assert_spread(cache: &HydraCache, clock: &ManualClock, first: u64) {
    clock.advance(just_before(seconds(first)));
    assert_eq!(live(cache).await, ENTRIES, "none ends before {first} seconds");
    let mut before = ENTRIES;
    let quarter = seconds(100 - first) / 4;
    for part in 1..=4 {
        clock.advance(quarter);
        let now = live(cache).await;
        // A quarter of 400 is 100, give or take nine; half of that is far from chance.
        assert!(before - now >= 50, "{} ended in quarter {part}", before - now);
        before = now;
    }
    clock.advance(NANO);
    assert_eq!(live(cache).await, 0, "none outlives its time to live");
}

async fn lives_are_shortened_by_up_to_the_percentage(eviction: Eviction) {
    for (percent, first) in [(50, 50), (20, 80), (10, 90)] {
        let (cache, clock) = jittered(eviction, percent);
        put_all(&cache, plain().ttl(seconds(100))).await;
        assert_spread(&cache, &clock, first).await;
    }
}

async fn without_jitter_all_end_together(eviction: Eviction) {
    let (cache, clock) = jittered(eviction, 0);
    put_all(&cache, plain().ttl(seconds(100))).await;
    clock.advance(just_before(seconds(100)));
    assert_eq!(live(&cache).await, ENTRIES);
    clock.advance(NANO);
    assert_eq!(live(&cache).await, 0);
}

async fn options_override_the_cache(eviction: Eviction) {
    let (cache, clock) = jittered(eviction, 0);
    put_all(&cache, plain().ttl(seconds(100)).jitter(50)).await;
    assert_spread(&cache, &clock, 50).await;
    let (cache, clock) = jittered(eviction, 50);
    put_all(&cache, plain().ttl(seconds(100)).jitter(0)).await;
    clock.advance(just_before(seconds(100)));
    assert_eq!(live(&cache).await, ENTRIES);
}

async fn every_way_to_store_is_jittered(eviction: Eviction) {
    for way in ["load", "fill", "bytes", "default", "bulk"] {
        let clock = ManualClock::new();
        let builder = HydraCache::local().eviction(eviction).clock(clock.clone());
        let cache = builder.jitter(50).default_ttl(seconds(100)).build();
        cache.put("source", 1_u32, plain()).await.unwrap();
        let bytes = cache.get_encoded("source").await.unwrap().unwrap();
        for n in 0..ENTRIES {
            let key = n.to_string();
            match way {
                "load" => _ = cache.get_or_insert_with(key, plain(), || async { 1_u32 }).await.unwrap(),
                "fill" => assert!(cache.fill(&cache.fill_token(key).unwrap(), 1_u32, plain()).unwrap()),
                "bytes" => cache.put_encoded(key, bytes.clone(), plain()).await.unwrap(),
                "default" => cache.put(key, 1_u32, plain()).await.unwrap(),
                _ => {
                    let load = async |keys: Vec<String>| {
                        Ok::<_, std::io::Error>(keys.into_iter().map(|key| (key, 1_u32)).collect::<Vec<_>>())
                    };
                    cache.get_many_or_load([key], plain(), load).await.unwrap();
                }
            }
        }
        clock.advance(seconds(75));
        let live = live(&cache).await;
        assert!((100..=300).contains(&live), "`{way}`: {live} of {ENTRIES} are left at half time");
    }
}

async fn an_entry_without_an_end_has_none(eviction: Eviction) {
    let (cache, clock) = jittered(eviction, 50);
    put_all(&cache, plain()).await;
    clock.advance(Duration::from_secs(1_000_000_000));
    assert_eq!(live(&cache).await, ENTRIES);
}

async fn jitter_over_fifty_percent_is_refused_and_nothing_is_lost(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, plain()).await.unwrap();
    for percent in [51, 100, u8::MAX] {
        let options = || plain().ttl(seconds(1)).jitter(percent);
        let pieces = &["jitter", "50"];
        assert_says(cache.put("k", 2_u8, options()).await, ErrorKind::InvalidTtl, pieces);
        let load = || async { panic!("the loader is not run") };
        let loaded = cache.get_or_insert_with::<u8, _, _>("absent", options(), load).await;
        assert_says(loaded, ErrorKind::InvalidTtl, pieces);
        let built = HydraCache::local().name("sessions").jitter(percent).try_build();
        assert_says(built, ErrorKind::Configuration, &["`sessions`", "`jitter`", "50"]);
    }
    cache.put("most", 1_u8, plain().ttl(seconds(1)).jitter(50)).await.expect("50 percent are allowed");
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
    assert!(!cache.contains_key("absent").await);
}
