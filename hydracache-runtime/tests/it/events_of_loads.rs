//! The events of reads and loads: off unless they are asked for, and as many as the counters say.

use std::collections::HashMap;
use std::io;

use futures_util::future::join_all;
use hydracache_runtime::CacheEventKind::{
    Hit, LoadFailed, LoadStarted, LoadSucceeded, Miss, Removed, StaleServed, Stored,
};
use hydracache_runtime::{
    CacheEvent, CacheEventKind, CacheEventOrigin, CacheEvents, Eviction, HydraCache, RefreshOptions,
};
use proptest::prelude::*;
use tokio::sync::oneshot;

use crate::support::{cache, kinds, plain, read_all, ready, seconds, tagged};

over_both_stores! {
    accesses_are_not_told_unless_they_are_asked_for,
    a_read_is_told_as_a_hit_or_as_a_miss,
    looking_without_counting_is_not_told,
    a_load_is_told_step_by_step,
    a_failed_load_is_told_and_stores_nothing,
    what_subscribers_of_accesses_and_of_mutations_see_is_apart,
    an_overtaken_load_is_not_told_as_stored,
    callers_who_share_a_load_are_told_one_load,
    a_bulk_load_is_told_for_each_key,
    a_loaded_none_that_is_skipped_is_not_stored,
}

fn open(eviction: Eviction) -> (HydraCache, CacheEvents) {
    let cache = HydraCache::local().eviction(eviction).enable_access_events(true).build();
    let events = cache.subscribe();
    (cache, events)
}

async fn accesses_are_not_told_unless_they_are_asked_for(eviction: Eviction) {
    let cache = cache(eviction);
    let (mut all, mut access) = (cache.subscribe(), cache.subscribe_access());
    let mut of_key = cache.subscribe_key("k");
    cache.get::<u8>("k").await.unwrap();
    cache.get_or_insert_with("k", plain(), || async { 1_u8 }).await.unwrap();
    cache.get::<u8>("k").await.unwrap();
    assert_eq!(kinds(&mut all), [Stored]);
    assert_eq!(kinds(&mut of_key), [Stored]);
    assert_eq!(kinds(&mut access), []);
    assert_eq!(cache.stats().events_published, 1);
    let off = HydraCache::local().eviction(eviction).enable_access_events(true).enable_access_events(false);
    let cache = off.build();
    let mut events = cache.subscribe_access();
    cache.get::<u8>("k").await.unwrap();
    assert_eq!(kinds(&mut events), [], "the last word counts");
}

async fn a_read_is_told_as_a_hit_or_as_a_miss(eviction: Eviction) {
    let (cache, mut events) = open(eviction);
    let view = cache.typed::<u8>("v");
    cache.get::<u8>("k").await.unwrap();
    cache.get_arc::<u8>("k").await.unwrap();
    cache.fetch::<u8>("k").await.unwrap();
    cache.get_encoded("k").await.unwrap();
    view.get("k").await.unwrap();
    assert_eq!(kinds(&mut events), [Miss; 5]);
    cache.put("k", 1_u8, tagged("t")).await.unwrap();
    view.put("k", 1, tagged("t")).await.unwrap();
    assert_eq!(kinds(&mut events), [Stored; 2]);
    cache.get::<u8>("k").await.unwrap();
    cache.get_arc::<u8>("k").await.unwrap();
    cache.fetch::<u8>("k").await.unwrap();
    cache.get_encoded("k").await.unwrap();
    view.get("k").await.unwrap();
    let told = read_all(&mut events);
    for (event, key) in told.iter().zip(["k", "k", "k", "k", "v:k"]) {
        assert_eq!((event.kind(), event.key()), (Hit, Some(key)));
        assert_eq!(event.tags().collect::<Vec<_>>(), ["t"]);
        assert_eq!((event.origin(), event.source()), (CacheEventOrigin::Local, None));
    }
    assert_eq!(told.len(), 5);
    let found = cache.get_many::<_, u8>(["k", "absent", "k"]).await.unwrap();
    assert_eq!(found, HashMap::from([("k", 1)]));
    assert_eq!(kinds(&mut events), [Hit, Miss], "a key that is asked for twice is looked up once");
}

async fn looking_without_counting_is_not_told(eviction: Eviction) {
    let (cache, mut events) = open(eviction);
    cache.put("k", 1_u8, plain()).await.unwrap();
    kinds(&mut events);
    for key in ["k", "absent"] {
        cache.peek::<u8>(key).unwrap();
        cache.contains_key(key).await;
        let _ = cache.fill_token(key).unwrap();
    }
    cache.diagnostics().await;
    assert!(cache.get::<u8>("k".repeat(2_000)).await.is_err(), "a key that is refused is no miss");
    assert_eq!(kinds(&mut events), []);
}

async fn a_load_is_told_step_by_step(eviction: Eviction) {
    let (cache, mut events) = open(eviction);
    for way in ["first", "second"] {
        match way {
            "first" => cache.get_or_insert_with("k", tagged("t"), || async { 1_u8 }).await.unwrap(),
            _ => cache.typed("v").get_or_insert_with("k", tagged("t"), || async { 1_u8 }).await.unwrap(),
        };
        let told = read_all(&mut events);
        let steps: Vec<_> = told.iter().map(CacheEvent::kind).collect();
        assert_eq!(steps, [Miss, LoadStarted, LoadSucceeded, Stored], "the {way} way");
        let key = if way == "first" { "k" } else { "v:k" };
        assert!(told.iter().all(|event| event.key() == Some(key)), "{told:?}");
        assert!(told.iter().all(|event| event.origin() == CacheEventOrigin::Local), "{told:?}");
        assert!(told.is_sorted_by(|one, other| one.sequence() < other.sequence()), "{told:?}");
        assert_eq!(told[3].tags().collect::<Vec<_>>(), ["t"]);
    }
    cache.get_or_insert_with("k", tagged("t"), || async { 2_u8 }).await.unwrap();
    assert_eq!(kinds(&mut events), [Hit]);
}

async fn a_failed_load_is_told_and_stores_nothing(eviction: Eviction) {
    let (cache, mut events) = open(eviction);
    let fail = || async { Err::<u8, _>(io::Error::other("not today")) };
    assert!(cache.get_or_load("k", plain(), fail).await.is_err());
    assert_eq!(kinds(&mut events), [Miss, LoadStarted, LoadFailed]);
    assert!(cache.get_or_load("k", plain().cache_errors(seconds(60)), fail).await.is_err());
    assert_eq!(kinds(&mut events), [Miss, LoadStarted, LoadFailed], "a remembered error is no entry");
    assert!(cache.get_or_load("k", plain().cache_errors(seconds(60)), fail).await.is_err());
    assert_eq!(kinds(&mut events), [Hit], "and is found like one by who asks for it");
}

async fn what_subscribers_of_accesses_and_of_mutations_see_is_apart(eviction: Eviction) {
    let (cache, mut all) = open(eviction);
    let (mut access, mut mutations) = (cache.subscribe_access(), cache.subscribe_mutations());
    cache.get_or_insert_with("k", plain(), || async { 1_u8 }).await.unwrap();
    cache.get::<u8>("k").await.unwrap();
    cache.remove("k").await.unwrap();
    assert_eq!(kinds(&mut access), [Miss, LoadStarted, LoadSucceeded, Hit]);
    assert_eq!(kinds(&mut mutations), [Stored, Removed]);
    assert_eq!(kinds(&mut all), [Miss, LoadStarted, LoadSucceeded, Stored, Hit, Removed]);
    assert_eq!(cache.stats().events_published, 6, "each is built once, however many want it");
}

async fn an_overtaken_load_is_not_told_as_stored(eviction: Eviction) {
    type Overtake = fn(&HydraCache);
    let ways: [(&str, Overtake); 5] = [
        ("remove", |cache| cache.remove("k").fire()),
        ("put", |cache| cache.put("k", 9_u8, plain()).fire()),
        ("tag", |cache| cache.invalidate_tag("t").fire()),
        ("prefix", |cache| cache.invalidate_prefix("k").fire()),
        ("flush", |cache| cache.flush().fire()),
    ];
    for (name, overtake) in ways {
        let (cache, mut events) = open(eviction);
        let loading = cache.clone();
        let load = move || async move {
            overtake(&loading);
            1_u8
        };
        assert_eq!(cache.get_or_insert_with("k", tagged("t"), load).await.unwrap(), 1);
        let mut told = kinds(&mut events);
        // A removal says nothing here, because there was nothing; a put says that it stored.
        assert!(told.iter().filter(|kind| **kind == Stored).count() <= usize::from(name == "put"), "{name}");
        told.retain(|kind| kind.is_access());
        assert_eq!(told, [Miss, LoadStarted, LoadSucceeded], "{name}");
        assert_eq!(cache.peek("k").unwrap(), (name == "put").then_some(9_u8), "{name}");
        assert_eq!(cache.stats().stale_discards, 1, "{name}");
    }
}

async fn callers_who_share_a_load_are_told_one_load(eviction: Eviction) {
    let (cache, mut events) = open(eviction);
    let (go, wait) = oneshot::channel::<u8>();
    let leader = cache.get_or_load("k", plain(), || wait);
    let joiners = join_all((0..9).map(|_| cache.get_or_insert_with("k", plain(), || async { 7_u8 })));
    let release = async { go.send(1).unwrap() };
    let (led, joined, ()) = tokio::join!(leader, joiners, release);
    assert_eq!(led.unwrap(), 1);
    assert!(joined.into_iter().all(|value| value.unwrap() == 1));
    let told = kinds(&mut events);
    let count = |kind| told.iter().filter(|told| **told == kind).count() as u64;
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.joins, stats.loads), (1, 9, 1));
    assert_eq!((count(LoadStarted), count(LoadSucceeded), count(Stored)), (1, 1, 1));
    assert_eq!(count(Hit), 0);
}

async fn a_bulk_load_is_told_for_each_key(eviction: Eviction) {
    let (cache, mut events) = open(eviction);
    cache.put("a", 1_u8, plain()).await.unwrap();
    kinds(&mut events);
    let load = |missing: Vec<&'static str>| async move {
        let extra = ["x"].into_iter().chain(missing);
        Ok::<_, io::Error>(extra.map(|key| (key, 2_u8)).collect::<Vec<_>>())
    };
    cache.get_many_or_load(["a", "b", "c"], tagged("t"), load).await.unwrap();
    let told = read_all(&mut events);
    let of = |key| {
        let of_key = told.iter().filter(|event| event.key() == Some(key));
        of_key.map(CacheEvent::kind).collect::<Vec<_>>()
    };
    assert_eq!(of("a"), [Hit]);
    assert_eq!(of("b"), [Miss, LoadStarted, LoadSucceeded, Stored]);
    assert_eq!(of("c"), [Miss, LoadStarted, LoadSucceeded, Stored]);
    assert_eq!(of("x"), [Stored], "nobody asked for it");
    assert_eq!(told.len(), 10);
}

async fn a_loaded_none_that_is_skipped_is_not_stored(eviction: Eviction) {
    let (cache, mut events) = open(eviction);
    let none = || async { Ok::<Option<u8>, io::Error>(None) };
    assert_eq!(cache.get_or_load_optional("k", plain().skip_none(), none).await.unwrap(), None);
    assert_eq!(kinds(&mut events), [Miss, LoadStarted, LoadSucceeded]);
    assert_eq!(cache.get_or_load_optional("k", plain(), none).await.unwrap(), None);
    assert_eq!(kinds(&mut events), [Miss, LoadStarted, LoadSucceeded, Stored]);
}

/// One call of a random program.
#[derive(Debug, Clone, Copy)]
enum Call {
    Get,
    Load,
    Fail,
    FailStale,
    Remember,
    Many,
    Put,
    Remove,
    Advance,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each event of a read or a load stands for one step of its counter.
    #[test]
    fn accesses_are_as_many_as_the_counters_say(
        calls in prop::collection::vec((0_usize..4, prop::sample::select(vec![
            Call::Get, Call::Load, Call::Fail, Call::FailStale, Call::Remember,
            Call::Many, Call::Put, Call::Remove, Call::Advance,
        ])), 1..80),
    ) {
        let clock = hydracache_runtime::testing::ManualClock::new();
        let cache = HydraCache::local().clock(clock.clone()).enable_access_events(true).build();
        let mut events = cache.subscribe();
        let windows = RefreshOptions::new().stale_on_loader_error(seconds(3));
        let fail = || async { Err::<u32, _>(io::Error::other("not today")) };
        for (key, call) in calls {
            let (key, options) = (["a", "b", "c", "d"][key], plain().ttl(seconds(2)));
            match call {
                Call::Get => drop(ready(cache.get::<u32>(key))),
                Call::Load => drop(ready(cache.get_or_insert_with(key, options, || async { 1_u32 }))),
                Call::Fail => drop(ready(cache.get_or_load(key, options, fail))),
                Call::FailStale => {
                    drop(ready(cache.get_or_load_with_refresh(key, options, windows, fail)));
                }
                Call::Remember => {
                    drop(ready(cache.get_or_load(key, options.cache_errors(seconds(2)), fail)));
                }
                Call::Many => {
                    let all = |keys: Vec<&'static str>| async move {
                        Ok::<_, io::Error>(keys.into_iter().map(|key| (key, 2_u32)).collect::<Vec<_>>())
                    };
                    drop(ready(cache.get_many_or_load([key, "e", "f"], options, all)));
                }
                Call::Put => cache.put(key, 3_u32, options).fire(),
                Call::Remove => cache.remove(key).fire(),
                Call::Advance => clock.advance(seconds(1)),
            }
        }
        let told = kinds(&mut events);
        let count = |kind: CacheEventKind| told.iter().filter(|told| **told == kind).count() as u64;
        let stats = cache.stats();
        assert_eq!(count(Hit), stats.hits);
        assert_eq!(count(Miss), stats.misses);
        assert_eq!(count(LoadStarted), stats.loads);
        assert_eq!(count(LoadFailed), stats.load_failures);
        assert_eq!(count(LoadSucceeded), stats.loads - stats.load_failures);
        // Every stale value of this program was handed out because of an error.
        assert_eq!(count(StaleServed), stats.stale_on_error_served);
        assert_eq!(stats.events_published, told.len() as u64);
    }
}
