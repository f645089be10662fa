//! Settings that cannot work: one error that lists them all, when the cache is built or the entry is stored.

use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::Duration;

use hydracache_runtime::{ErrorKind, Eviction, HydraCache, InMemoryInvalidationBus};

use crate::own_store::Keeper;
use crate::support::{assert_says, cache, plain, seconds};

over_both_stores! {
    a_ttl_of_zero_is_refused_and_nothing_is_lost,
    a_ttl_beyond_the_clock_is_refused_and_nothing_is_lost,
    the_longest_usable_ttl_does_not_end_early,
}

#[test]
fn each_impossible_setting_is_refused_by_name() {
    let local = HydraCache::local;
    let cases = [
        (local().max_capacity(0), "`max_capacity` is 0"),
        (local().max_bytes(0), "`max_bytes` is 0"),
        (local().max_capacity(10).max_bytes(10_000), "`max_capacity` and `max_bytes`"),
        (local().max_entry_bytes(100), "`max_entry_bytes` needs `max_bytes`"),
        (local().max_bytes(10_000).max_entry_bytes(0), "`max_entry_bytes` is 0"),
        (local().max_bytes(10_000).max_entry_bytes(10_001), "10001"),
        (local().default_ttl(Duration::ZERO), "`default_ttl`"),
        (local().default_ttl(Duration::MAX), "`default_ttl`"),
        (local().store(Keeper::default()).max_capacity(10), "`store`"),
        (local().event_buffer_capacity(0), "`event_buffer_capacity` is 0"),
        (local().invalidation_node_id(""), "`invalidation_node_id` is empty"),
        (local().invalidation_node_id("n".repeat(256)), "`invalidation_node_id` is 256 bytes long"),
        (local().invalidation_node_id("é".repeat(128)), "256 bytes"),
    ];
    for (builder, piece) in cases {
        let result = builder.name("sessions").try_build();
        assert_says(result, ErrorKind::Configuration, &["`sessions`", piece]);
    }
    assert_says(local().name("").try_build(), ErrorKind::Configuration, &["name is empty"]);
}

#[test]
fn all_problems_are_listed_at_once() {
    let builder = HydraCache::local().name("").max_capacity(0).max_entry_bytes(5).default_ttl(Duration::ZERO);
    let pieces = ["name is empty", "`max_capacity` is 0", "`max_entry_bytes` needs", "`default_ttl`"];
    assert_says(builder.try_build(), ErrorKind::Configuration, &pieces);
}

#[test]
fn build_panics_with_the_text_that_try_build_returns() {
    let broken = || HydraCache::local().name("sessions").max_capacity(0).max_entry_bytes(5);
    let expected = broken().try_build().unwrap_err().to_string();
    let panic = catch_unwind(|| broken().build()).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>(), Some(&expected));
}

#[test]
fn the_settings_of_events_and_of_the_bus_are_listed_with_the_others() {
    let bus = || Arc::new(InMemoryInvalidationBus::default());
    let broken = HydraCache::local()
        .max_capacity(0)
        .event_buffer_capacity(0)
        .shared_invalidation_bus(bus())
        .invalidation_node_id("");
    let pieces = ["`max_capacity` is 0", "`event_buffer_capacity` is 0", "`invalidation_node_id` is empty"];
    assert_says(broken.try_build(), ErrorKind::Configuration, &pieces);
    // The longest name, and a buffer for one event, are fine.
    let least = HydraCache::local()
        .event_buffer_capacity(1)
        .shared_invalidation_bus(bus())
        .invalidation_node_id("n".repeat(255));
    let cache = least.try_build().unwrap();
    let mut events = cache.subscribe();
    cache.put("k", 1_u8, plain()).local().unwrap();
    assert_eq!(events.try_recv().unwrap().unwrap().key(), Some("k"));
}

#[test]
fn a_cache_is_built_outside_of_a_runtime() {
    let cache = HydraCache::local().build();
    cache.put("k", 1_u8, plain()).local().unwrap();
    assert_eq!(cache.peek::<u8>("k").unwrap(), Some(1));
    assert_eq!(cache.name(), "default");
}

async fn a_ttl_of_zero_is_refused_and_nothing_is_lost(eviction: Eviction) {
    assert_ttl_refused(eviction, Duration::ZERO, &["0ns", "no_ttl"]).await;
}

async fn a_ttl_beyond_the_clock_is_refused_and_nothing_is_lost(eviction: Eviction) {
    assert_ttl_refused(eviction, Duration::MAX, &["18446744073709551615", "no_ttl"]).await;
    assert_ttl_refused(eviction, Duration::from_nanos(u64::MAX), &["18446744073", "no_ttl"]).await;
}

async fn assert_ttl_refused(eviction: Eviction, ttl: Duration, pieces: &[&str]) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, plain()).await.unwrap();
    let options = || plain().ttl(ttl);
    assert_says(cache.put("k", 2_u8, options()).await, ErrorKind::InvalidTtl, pieces);
    let loaded = cache.get_or_insert_with("absent", options(), || async { 2_u8 }).await;
    assert_says(loaded, ErrorKind::InvalidTtl, pieces);
    let filled = cache.fill(&cache.fill_token("k").unwrap(), 2_u8, options());
    assert_says(filled, ErrorKind::InvalidTtl, pieces);
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
    assert!(!cache.contains_key("absent").await);
}

/// A duration that is allowed must not wrap around into the past, however late it is.
async fn the_longest_usable_ttl_does_not_end_early(eviction: Eviction) {
    let (cache, clock) = crate::support::timed(eviction);
    let years = |years: u64| seconds(years * 365 * 24 * 3600);
    clock.advance(years(400));
    cache.put("k", 1_u8, plain().ttl(years(290))).await.unwrap();
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
    clock.advance(years(100));
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
}
