//! Times to live: the cache's default, an entry's own, none, and the moment of the end.

use std::time::Duration;

use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{CacheOptions, Eviction, HydraCache};

use crate::support::{plain, seconds, timed};

over_both_stores! {
    without_any_ttl_an_entry_stays,
    the_default_ttl_applies_to_whatever_says_nothing,
    an_entrys_own_ttl_overrides_the_default,
    no_ttl_overrides_the_default,
    the_last_word_of_builder_and_options_counts,
    an_entry_is_there_before_its_end_and_not_at_it,
    every_way_to_read_sees_the_end,
    a_put_begins_a_new_life,
    a_load_lives_from_its_start,
    a_filled_value_has_an_end,
    an_expired_entry_is_swept,
}

fn with_default(eviction: Eviction, ttl: Duration) -> (HydraCache, ManualClock) {
    let clock = ManualClock::new();
    let cache = HydraCache::local().eviction(eviction).clock(clock.clone()).default_ttl(ttl).build();
    (cache, clock)
}

async fn without_any_ttl_an_entry_stays(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    cache.put("k", 1_u8, plain()).await.unwrap();
    clock.advance(seconds(100 * 365 * 24 * 3600));
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
}

async fn the_default_ttl_applies_to_whatever_says_nothing(eviction: Eviction) {
    let (cache, clock) = with_default(eviction, seconds(10));
    let view = cache.typed::<u8>("v");
    cache.put("put", 1_u8, plain()).await.unwrap();
    cache.get_or_insert_with("loaded", plain(), || async { 1_u8 }).await.unwrap();
    view.put("k", 1, plain()).await.unwrap();
    let bytes = cache.get_encoded("put").await.unwrap().unwrap();
    cache.put_encoded("bytes", bytes, plain()).await.unwrap();
    let token = cache.fill_token("filled").unwrap();
    assert!(cache.fill(&token, 1_u8, plain()).unwrap());
    let keys = ["put", "loaded", "v:k", "bytes", "filled"];
    clock.advance(seconds(9));
    for key in keys {
        assert!(cache.contains_key(key).await, "`{key}` ended early");
    }
    clock.advance(seconds(1));
    for key in keys {
        assert!(!cache.contains_key(key).await, "`{key}` did not end");
    }
}

async fn an_entrys_own_ttl_overrides_the_default(eviction: Eviction) {
    let (cache, clock) = with_default(eviction, seconds(10));
    cache.put("short", 1_u8, plain().ttl(seconds(1))).await.unwrap();
    cache.put("long", 2_u8, plain().ttl(seconds(20))).await.unwrap();
    clock.advance(seconds(1));
    assert_eq!(cache.get::<u8>("short").await.unwrap(), None);
    clock.advance(seconds(18));
    assert_eq!(cache.get::<u8>("long").await.unwrap(), Some(2));
    clock.advance(seconds(1));
    assert_eq!(cache.get::<u8>("long").await.unwrap(), None);
}

async fn no_ttl_overrides_the_default(eviction: Eviction) {
    let (cache, clock) = with_default(eviction, seconds(10));
    cache.put("k", 1_u8, plain().no_ttl()).await.unwrap();
    clock.advance(seconds(1_000_000));
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
}

async fn the_last_word_of_builder_and_options_counts(eviction: Eviction) {
    let clock = ManualClock::new();
    let builder = HydraCache::local().eviction(eviction).clock(clock.clone());
    let cache = builder.default_ttl(seconds(1)).no_default_ttl().build();
    cache.put("unlimited", 1_u8, plain()).await.unwrap();
    cache.put("limited", 2_u8, plain().no_ttl().ttl(seconds(5))).await.unwrap();
    cache.put("unlimited again", 3_u8, plain().ttl(seconds(5)).no_ttl()).await.unwrap();
    clock.advance(seconds(5));
    assert_eq!(cache.get::<u8>("unlimited").await.unwrap(), Some(1));
    assert_eq!(cache.get::<u8>("limited").await.unwrap(), None);
    assert_eq!(cache.get::<u8>("unlimited again").await.unwrap(), Some(3));
}

async fn an_entry_is_there_before_its_end_and_not_at_it(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    let nano = Duration::from_nanos(1);
    for ttl in [nano, Duration::from_millis(1), seconds(3600)] {
        cache.put("k", 1_u8, plain().ttl(ttl)).await.unwrap();
        clock.advance(ttl.saturating_sub(nano));
        assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1), "a nanosecond before {ttl:?}");
        clock.advance(nano);
        assert_eq!(cache.get::<u8>("k").await.unwrap(), None, "at {ttl:?}");
    }
}

async fn every_way_to_read_sees_the_end(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    cache.put("v:k", 1_u8, plain().ttl(seconds(1))).await.unwrap();
    clock.advance(seconds(1));
    let view = cache.typed::<u8>("v");
    assert_eq!(cache.peek::<u8>("v:k").unwrap(), None);
    assert!(!cache.contains_key("v:k").await && !view.contains_key("k").await);
    assert_eq!(cache.get_encoded("v:k").await.unwrap(), None);
    assert_eq!(cache.fetch::<u8>("v:k").await.unwrap(), None);
    assert_eq!(cache.get_arc::<u8>("v:k").await.unwrap(), None);
    assert_eq!(view.get("k").await.unwrap(), None);
    assert!(!cache.expire_key("v:k").await.unwrap(), "a read would not have found it");
    assert!(!cache.remove("v:k").await.unwrap(), "a read would not have found it");
}

async fn a_put_begins_a_new_life(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    let options = || CacheOptions::new().ttl(seconds(10));
    cache.put("k", 1_u8, options()).await.unwrap();
    clock.advance(seconds(9));
    cache.put("k", 2_u8, options()).await.unwrap();
    clock.advance(seconds(9));
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(2));
    cache.put("k", 3_u8, plain()).await.unwrap();
    clock.advance(seconds(100));
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(3), "the new entry has no end");
}

/// A value that took four seconds to load was read from its source up to four seconds ago.
async fn a_load_lives_from_its_start(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    let loading = clock.clone();
    let slow = || async move {
        loading.advance(seconds(4));
        1_u8
    };
    cache.get_or_insert_with("k", plain().ttl(seconds(10)), slow).await.unwrap();
    clock.advance(seconds(5));
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
    clock.advance(seconds(1));
    assert_eq!(cache.get::<u8>("k").await.unwrap(), None);
}

async fn a_filled_value_has_an_end(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    let token = cache.fill_token("k").unwrap();
    assert!(cache.fill(&token, 1_u8, plain().ttl(seconds(10))).unwrap());
    clock.advance(seconds(9));
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
    clock.advance(seconds(1));
    assert_eq!(cache.get::<u8>("k").await.unwrap(), None);
}

async fn an_expired_entry_is_swept(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    for n in 0..100_u32 {
        let options = if n < 60 { plain().ttl(seconds(1)) } else { plain() };
        cache.put(n.to_string(), n, options).await.unwrap();
    }
    clock.advance(seconds(1));
    // The thread in the background may have been faster, so what went is not counted here but what is left.
    assert!(cache.sweep() <= 60);
    let diagnostics = cache.diagnostics().await;
    assert_eq!((diagnostics.live_entries, diagnostics.dead_entries), (40, 0));
    assert_eq!(diagnostics.estimated_entries, 40);
    assert_eq!(cache.sweep(), 0);
}
