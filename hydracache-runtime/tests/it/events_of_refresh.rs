//! The events of values that are renewed in the background, and of those that are handed out late.

use std::io;

use hydracache_runtime::CacheEventKind::{
    Expired, Hit, LoadFailed, LoadStarted, LoadSucceeded, Miss, Refreshed, Removed, StaleServed, Stored,
};
use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{
    CacheEvent, CacheEventKind, CacheEventOrigin, CacheEvents, CacheOptions, Eviction, HydraCache,
    RefreshOptions,
};

use crate::support::{kinds, plain, read_all, ready, seconds, soon};

over_both_stores! {
    a_refresh_ahead_is_told_as_a_hit_and_a_refresh,
    a_value_that_is_revalidated_is_told_as_stale_and_refreshed,
    a_refresh_that_fails_stores_nothing,
    a_refresh_that_was_overtaken_is_not_told_as_refreshed,
    a_stale_value_after_a_failed_load_is_told,
    an_expired_key_that_is_served_stale_is_told_as_stale,
}

fn open(eviction: Eviction) -> (HydraCache, ManualClock, CacheEvents) {
    let clock = ManualClock::new();
    let builder = HydraCache::local().eviction(eviction).clock(clock.clone());
    let cache = builder.enable_access_events(true).build();
    let events = cache.subscribe();
    (cache, clock, events)
}

fn ten_seconds() -> CacheOptions {
    plain().ttl(seconds(10)).tag("t")
}

async fn load(cache: &HydraCache, windows: RefreshOptions, value: Result<u8, &'static str>) -> u8 {
    let loader = move || async move { value.map_err(io::Error::other) };
    cache.get_or_load_with_refresh("k", ten_seconds(), windows, loader).await.unwrap()
}

/// Reads events until there was one of this kind.
async fn until(events: &mut CacheEvents, kind: CacheEventKind) -> Vec<CacheEvent> {
    let mut told = Vec::new();
    while told.last().map(CacheEvent::kind) != Some(kind) {
        told.push(soon(events.recv()).await.unwrap());
    }
    told
}

#[track_caller]
fn assert_kinds(told: &[CacheEvent], expected: &[CacheEventKind]) {
    assert_eq!(told.iter().map(CacheEvent::kind).collect::<Vec<_>>(), expected);
}

/// The last steps were taken in the background and concern the key.
#[track_caller]
fn assert_in_background(told: &[CacheEvent]) {
    for event in told {
        assert_eq!((event.origin(), event.key()), (CacheEventOrigin::Refresh, Some("k")), "{event:?}");
    }
}

async fn a_refresh_ahead_is_told_as_a_hit_and_a_refresh(eviction: Eviction) {
    let (cache, clock, mut events) = open(eviction);
    let windows = RefreshOptions::new().refresh_ahead(seconds(4));
    assert_eq!(load(&cache, windows, Ok(1)).await, 1);
    assert_kinds(&read_all(&mut events), &[Miss, LoadStarted, LoadSucceeded, Stored]);
    clock.advance(seconds(7));
    assert_eq!(load(&cache, windows, Ok(2)).await, 1);
    let told = until(&mut events, Refreshed).await;
    assert_kinds(&told, &[Hit, LoadStarted, LoadSucceeded, Refreshed]);
    assert_eq!(told[0].origin(), CacheEventOrigin::Local);
    assert_in_background(&told[1..]);
    assert_eq!(told[3].tags().collect::<Vec<_>>(), ["t"]);
    assert_eq!(load(&cache, windows, Ok(3)).await, 2);
    assert_eq!(kinds(&mut events), [Hit]);
    assert_eq!(cache.stats().refreshes, 1);
}

async fn a_value_that_is_revalidated_is_told_as_stale_and_refreshed(eviction: Eviction) {
    let (cache, clock, mut events) = open(eviction);
    let windows = RefreshOptions::new().stale_while_revalidate(seconds(60));
    load(&cache, windows, Ok(1)).await;
    kinds(&mut events);
    clock.advance(seconds(11));
    assert_eq!(load(&cache, windows, Ok(2)).await, 1);
    let told = until(&mut events, Refreshed).await;
    assert_kinds(&told, &[StaleServed, LoadStarted, LoadSucceeded, Refreshed]);
    assert_eq!((told[0].key(), told[0].origin()), (Some("k"), CacheEventOrigin::Local));
    assert_in_background(&told[1..]);
    assert_eq!(cache.stats().stale_served, 1);
}

async fn a_refresh_that_fails_stores_nothing(eviction: Eviction) {
    let (cache, clock, mut events) = open(eviction);
    let windows = RefreshOptions::new().refresh_ahead(seconds(4));
    load(&cache, windows, Ok(1)).await;
    kinds(&mut events);
    clock.advance(seconds(7));
    assert_eq!(load(&cache, windows, Err("not today")).await, 1);
    let told = until(&mut events, LoadFailed).await;
    assert_kinds(&told, &[Hit, LoadStarted, LoadFailed]);
    assert_in_background(&told[1..]);
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
    assert_eq!(kinds(&mut events), [Hit]);
}

async fn a_refresh_that_was_overtaken_is_not_told_as_refreshed(eviction: Eviction) {
    let (cache, clock, mut events) = open(eviction);
    let windows = RefreshOptions::new().refresh_ahead(seconds(4));
    load(&cache, windows, Ok(1)).await;
    kinds(&mut events);
    clock.advance(seconds(7));
    let loading = cache.clone();
    let loader = move || async move {
        loading.remove("k").fire();
        Ok::<_, io::Error>(2)
    };
    let found = cache.get_or_load_with_refresh("k", ten_seconds(), windows, loader).await;
    assert_eq!(found.unwrap(), 1_u8);
    let told = until(&mut events, LoadSucceeded).await;
    assert_kinds(&told, &[Hit, LoadStarted, Removed, LoadSucceeded]);
    assert_eq!(cache.get::<u8>("k").await.unwrap(), None);
    assert_eq!(kinds(&mut events), [Miss]);
}

async fn a_stale_value_after_a_failed_load_is_told(eviction: Eviction) {
    let (cache, clock, mut events) = open(eviction);
    let windows = RefreshOptions::new().stale_on_loader_error(seconds(60)).retry_after(seconds(5));
    load(&cache, windows, Ok(1)).await;
    kinds(&mut events);
    clock.advance(seconds(11));
    assert_eq!(load(&cache, windows, Err("not today")).await, 1);
    let told = read_all(&mut events);
    let steps: Vec<_> = told.iter().map(CacheEvent::kind).filter(|kind| *kind != Expired).collect();
    assert_eq!(steps, [Miss, LoadStarted, LoadFailed, StaleServed]);
    assert!(told.iter().all(|event| event.origin() != CacheEventOrigin::Refresh), "{told:?}");
    assert_eq!(load(&cache, windows, Ok(2)).await, 1, "the source is left alone for a while");
    let told = read_all(&mut events);
    assert!(told.iter().any(|event| event.kind() == StaleServed), "{told:?}");
    assert!(told.iter().all(|event| event.kind() != LoadStarted), "{told:?}");
    clock.advance(seconds(5));
    assert_eq!(load(&cache, windows, Ok(2)).await, 2);
    let told = kinds(&mut events);
    assert_eq!(told, [Miss, LoadStarted, LoadSucceeded, Stored]);
}

async fn an_expired_key_that_is_served_stale_is_told_as_stale(eviction: Eviction) {
    let (cache, _clock, mut events) = open(eviction);
    let windows = RefreshOptions::new().stale_on_loader_error(seconds(60));
    load(&cache, windows, Ok(1)).await;
    kinds(&mut events);
    assert!(ready(cache.expire_key("k")).unwrap());
    assert_eq!(load(&cache, windows, Err("not today")).await, 1);
    assert_eq!(kinds(&mut events), [Expired, Miss, LoadStarted, LoadFailed, StaleServed]);
}
