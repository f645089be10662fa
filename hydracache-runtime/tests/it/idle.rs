//! Time to idle: an entry that nobody reads goes, besides its time to live.

use std::time::Duration;

use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{CacheOptions, ErrorKind, Eviction, HydraCache, RefreshOptions};

use crate::scene::{NANO, just_before};
use crate::support::{assert_says, cache, plain, ready, seconds, timed};

over_both_stores! {
    an_entry_that_nobody_reads_goes,
    an_entry_that_is_read_stays,
    each_way_to_read_counts_as_a_use,
    looking_without_reading_is_no_use,
    what_stands_in_for_a_load_that_failed_is_used,
    the_time_to_live_ends_what_is_read,
    an_entrys_own_limit_overrides_that_of_the_cache,
    a_put_and_a_load_and_a_fill_begin_anew,
    an_idle_entry_is_loaded_anew,
    idle_entries_are_swept,
    a_limit_that_cannot_be_is_refused_and_nothing_is_lost,
}

const IDLE: Duration = Duration::from_secs(5);

fn idle(eviction: Eviction) -> (HydraCache, ManualClock) {
    let clock = ManualClock::new();
    (HydraCache::local().eviction(eviction).clock(clock.clone()).time_to_idle(IDLE).build(), clock)
}

async fn an_entry_that_nobody_reads_goes(eviction: Eviction) {
    let (cache, clock) = idle(eviction);
    cache.put("k", 1_u8, plain()).await.unwrap();
    cache.put("l", 1_u8, plain()).await.unwrap();
    clock.advance(just_before(IDLE));
    assert!(cache.contains_key("k").await);
    clock.advance(NANO);
    assert!(!cache.contains_key("k").await);
    assert_eq!(cache.get::<u8>("k").await.unwrap(), None);
    assert_eq!(cache.peek::<u8>("l").unwrap(), None);
    assert!(!cache.remove("l").await.unwrap(), "a read would not have found it");
}

async fn an_entry_that_is_read_stays(eviction: Eviction) {
    let (cache, clock) = idle(eviction);
    cache.put("k", 1_u8, plain()).await.unwrap();
    for _ in 0..100 {
        clock.advance(just_before(IDLE));
        assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
    }
    clock.advance(IDLE);
    assert_eq!(cache.get::<u8>("k").await.unwrap(), None);
}

async fn each_way_to_read_counts_as_a_use(eviction: Eviction) {
    type Read = fn(&HydraCache) -> bool;
    let ways: [(&str, Read); 9] = [
        ("get", |cache| ready(cache.get::<u8>("v:k")).unwrap().is_some()),
        ("get_arc", |cache| ready(cache.get_arc::<u8>("v:k")).unwrap().is_some()),
        ("fetch", |cache| ready(cache.fetch::<u8>("v:k")).unwrap().is_some()),
        ("get_encoded", |cache| ready(cache.get_encoded("v:k")).unwrap().is_some()),
        ("get_many", |cache| !ready(cache.get_many::<_, u8>(["v:k"])).unwrap().is_empty()),
        ("typed get", |cache| ready(cache.typed::<u8>("v").get("k")).unwrap().is_some()),
        ("get_or_load", |cache| {
            ready(cache.get_or_insert_with("v:k", plain(), || async { 2_u8 })).unwrap() == 1
        }),
        ("typed get_or_load", |cache| {
            let view = cache.typed::<u8>("v");
            ready(view.get_or_insert_with("k", plain(), || async { 2 })).unwrap() == 1
        }),
        ("get_many_or_load", |cache| {
            let load = async |_| Ok::<_, std::io::Error>([("v:k", 2_u8)]);
            ready(cache.get_many_or_load(["v:k"], plain(), load)).unwrap()["v:k"] == 1
        }),
    ];
    for (name, read) in ways {
        let (cache, clock) = idle(eviction);
        cache.put("v:k", 1_u8, plain()).await.unwrap();
        for _ in 0..3 {
            clock.advance(seconds(4));
            assert!(read(&cache), "`{name}` does not keep it");
        }
    }
}

async fn looking_without_reading_is_no_use(eviction: Eviction) {
    let (cache, clock) = idle(eviction);
    cache.put("k", 1_u8, plain()).await.unwrap();
    clock.advance(seconds(4));
    assert_eq!(cache.peek::<u8>("k").unwrap(), Some(1));
    assert!(cache.contains_key("k").await);
    cache.diagnostics().await;
    clock.advance(seconds(1));
    assert!(!cache.contains_key("k").await);
}

async fn what_stands_in_for_a_load_that_failed_is_used(eviction: Eviction) {
    let (cache, clock) = idle(eviction);
    let options = || CacheOptions::new().ttl(seconds(2));
    let windows =
        RefreshOptions::new().stale_on_loader_error(seconds(60)).retry_after(Duration::from_millis(1));
    let ask = |works: bool| {
        let load = move || async move { if works { Ok(1_u8) } else { Err(std::io::Error::other("down")) } };
        ready(cache.get_or_load_with_refresh("k", options(), windows, load))
    };
    assert_eq!(ask(true).unwrap(), 1);
    for _ in 0..5 {
        clock.advance(seconds(4));
        assert_eq!(ask(false).unwrap(), 1, "it was used four seconds ago");
    }
    clock.advance(IDLE);
    assert!(ask(false).is_err(), "nobody has used it");
}

async fn the_time_to_live_ends_what_is_read(eviction: Eviction) {
    let (cache, clock) = idle(eviction);
    cache.put("k", 1_u8, plain().ttl(seconds(12))).await.unwrap();
    for second in 1..=12 {
        clock.advance(seconds(1));
        assert_eq!(cache.get::<u8>("k").await.unwrap().is_some(), second < 12, "at {second}");
    }
    cache.put("short", 1_u8, plain().ttl(seconds(2))).await.unwrap();
    clock.advance(seconds(2));
    assert_eq!(cache.get::<u8>("short").await.unwrap(), None);
}

async fn an_entrys_own_limit_overrides_that_of_the_cache(eviction: Eviction) {
    let (cache, clock) = idle(eviction);
    cache.put("short", 1_u8, plain().time_to_idle(seconds(1))).await.unwrap();
    cache.put("long", 1_u8, plain().time_to_idle(seconds(60))).await.unwrap();
    clock.advance(seconds(1));
    assert!(!cache.contains_key("short").await);
    clock.advance(just_before(seconds(59)));
    assert!(cache.contains_key("long").await);
    let (other, clock) = timed(eviction);
    other.put("k", 1_u8, plain().time_to_idle(seconds(1))).await.unwrap();
    other.put("without", 1_u8, plain()).await.unwrap();
    clock.advance(seconds(1));
    assert!(!other.contains_key("k").await && other.contains_key("without").await);
}

async fn a_put_and_a_load_and_a_fill_begin_anew(eviction: Eviction) {
    let (cache, clock) = idle(eviction);
    cache.put("put", 1_u8, plain()).await.unwrap();
    clock.advance(seconds(4));
    cache.put("put", 2_u8, plain()).await.unwrap();
    cache.get_or_insert_with("loaded", plain(), || async { 1_u8 }).await.unwrap();
    let token = cache.fill_token("filled").unwrap();
    assert!(cache.fill(&token, 1_u8, plain()).unwrap());
    clock.advance(seconds(4));
    for key in ["put", "loaded", "filled"] {
        assert!(cache.contains_key(key).await, "`{key}`");
    }
    clock.advance(seconds(1));
    for key in ["put", "loaded", "filled"] {
        assert!(!cache.contains_key(key).await, "`{key}`");
    }
}

async fn an_idle_entry_is_loaded_anew(eviction: Eviction) {
    let (cache, clock) = idle(eviction);
    for (step, expected) in [(0, 0), (4, 0), (4, 0), (5, 3), (4, 3)] {
        clock.advance(seconds(step));
        let requests = cache.stats().requests();
        let value = cache.get_or_insert_with("k", plain(), move || async move { requests }).await.unwrap();
        assert_eq!(value, expected, "after {step} seconds");
    }
}

async fn idle_entries_are_swept(eviction: Eviction) {
    let (cache, clock) = idle(eviction);
    for n in 0..50_u32 {
        cache.put(n.to_string(), n, plain()).await.unwrap();
    }
    clock.advance(seconds(3));
    for n in 0..20 {
        cache.get::<u32>(n.to_string()).await.unwrap();
    }
    clock.advance(seconds(2));
    cache.sweep();
    let diagnostics = cache.diagnostics().await;
    assert_eq!((diagnostics.live_entries, diagnostics.dead_entries), (20, 0));
}

async fn a_limit_that_cannot_be_is_refused_and_nothing_is_lost(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, plain()).await.unwrap();
    for limit in [Duration::ZERO, Duration::MAX] {
        let options = || CacheOptions::new().time_to_idle(limit);
        let pieces = &["time to idle"];
        assert_says(cache.put("k", 2_u8, options()).await, ErrorKind::InvalidTtl, pieces);
        let load = || async { panic!("the loader is not run") };
        let loaded = cache.get_or_insert_with::<u8, _, _>("absent", options(), load).await;
        assert_says(loaded, ErrorKind::InvalidTtl, pieces);
        let filled = cache.fill(&cache.fill_token("k").unwrap(), 2_u8, options());
        assert_says(filled, ErrorKind::InvalidTtl, pieces);
        let built = HydraCache::local().name("sessions").time_to_idle(limit).try_build();
        assert_says(built, ErrorKind::Configuration, &["`sessions`", "`time_to_idle`"]);
    }
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
    assert!(!cache.contains_key("absent").await);
}
