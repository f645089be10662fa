//! The event of each write: what it says, and that what changed nothing has none.

use std::collections::BTreeSet;

use hydracache_runtime::CacheEventKind::{Evicted, Expired, Removed, Stored};
use hydracache_runtime::{
    CacheEvent, CacheEventKind, CacheEventOrigin, CacheEventRecvError, CacheEvents, Eviction, HydraCache,
};

use crate::support::{cache, kinds, only, plain, read_all, seconds, soon, tagged, timed};

over_both_stores! {
    a_put_is_told_with_its_key_and_its_tags,
    every_way_to_put_is_told_once,
    what_was_refused_is_not_told,
    a_removed_entry_is_told_with_its_tags,
    a_key_without_an_entry_is_not_told,
    an_expired_key_is_told_once_and_is_gone,
    the_end_of_a_life_is_told_once,
    a_write_intent_is_told_by_what_became_of_it,
    every_eviction_is_told_with_the_key_that_left,
    an_entry_that_is_not_admitted_is_told_as_evicted,
    nothing_is_built_while_nobody_listens,
    events_end_with_the_cache,
}

/// What an event says of one entry and a call of this process.
#[track_caller]
fn assert_of_entry(event: &CacheEvent, kind: CacheEventKind, key: &str, tags: &[&str]) {
    assert_eq!((event.kind(), event.key()), (kind, Some(key)));
    assert_eq!(event.tags().collect::<Vec<_>>(), tags);
    assert_eq!((event.origin(), event.source()), (CacheEventOrigin::Local, None));
    assert_eq!((event.tag(), event.namespace(), event.prefix()), (None, None, None));
}

async fn a_put_is_told_with_its_key_and_its_tags(eviction: Eviction) {
    let cache = cache(eviction);
    let mut events = cache.subscribe();
    cache.put("user:42", 1_u8, plain().tag("users").tag("team:7")).await.unwrap();
    assert_of_entry(&only(&mut events), Stored, "user:42", &["users", "team:7"]);
    cache.put("user:42", 2_u8, plain()).await.unwrap();
    assert_of_entry(&only(&mut events), Stored, "user:42", &[]);
    cache.put("user:43", 2_u8, plain()).await.unwrap();
    assert_of_entry(&soon(events.recv()).await.unwrap(), Stored, "user:43", &[]);
    assert!(events.try_recv().unwrap().is_none());
}

async fn every_way_to_put_is_told_once(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("v");
    let bytes = {
        cache.put("source", 1_u8, plain()).await.unwrap();
        cache.get_encoded("source").await.unwrap().unwrap()
    };
    let mut events = cache.subscribe();
    cache.put_encoded("bytes", bytes.clone(), tagged("t")).await.unwrap();
    view.put("k", 1, tagged("t")).await.unwrap();
    view.put_encoded("b", bytes.clone(), tagged("t")).await.unwrap();
    assert!(cache.fill(&cache.fill_token("filled").unwrap(), 1_u8, tagged("t")).unwrap());
    assert!(cache.fill_encoded(&cache.fill_token("filled").unwrap(), bytes, tagged("t")).unwrap());
    assert!(cache.write_intent("meant").unwrap().put(1_u8, tagged("t")).await.unwrap());
    cache.typed_memory_only::<u8>("m").put("k", 1, tagged("t")).await.unwrap();
    let told = read_all(&mut events);
    for (event, key) in told.iter().zip(["bytes", "v:k", "v:b", "filled", "filled", "meant", "m:k"]) {
        assert_of_entry(event, Stored, key, &["t"]);
    }
    assert_eq!(told.len(), 7);
    assert_eq!(cache.stats().events_published, 7);
}

async fn what_was_refused_is_not_told(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, plain()).await.unwrap();
    let token = cache.fill_token("k").unwrap();
    cache.put("k", 2_u8, plain()).await.unwrap();
    let mut events = cache.subscribe();
    assert!(!cache.fill(&token, 3_u8, plain()).unwrap(), "it was overtaken");
    assert!(cache.put("k", 3_u8, plain().ttl(seconds(0))).await.is_err());
    assert!(cache.put("k".repeat(2_000), 3_u8, plain()).await.is_err());
    assert!(cache.put("k", 3_u8, plain().tag("t".repeat(300))).await.is_err());
    assert!(cache.put_encoded("k", "noise", plain()).await.is_err());
    assert!(cache.remove("k".repeat(2_000)).await.is_err());
    assert!(cache.expire_key("k".repeat(2_000)).await.is_err());
    cache.write_intent("k").unwrap().cancel();
    assert_eq!(kinds(&mut events), []);
    assert_eq!(cache.stats().events_published, 0);
}

async fn a_removed_entry_is_told_with_its_tags(eviction: Eviction) {
    let cache = cache(eviction);
    for key in ["a", "b", "v:c"] {
        cache.put(key, 1_u8, tagged("t")).await.unwrap();
    }
    let mut events = cache.subscribe();
    assert!(cache.remove("a").await.unwrap());
    assert_of_entry(&only(&mut events), Removed, "a", &["t"]);
    assert!(cache.invalidate_key("b").await.unwrap());
    assert_of_entry(&only(&mut events), Removed, "b", &["t"]);
    assert!(cache.typed::<u8>("v").remove("c").await.unwrap());
    assert_of_entry(&only(&mut events), Removed, "v:c", &["t"]);
}

async fn a_key_without_an_entry_is_not_told(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, tagged("t")).await.unwrap();
    cache.invalidate_tag("t").await.unwrap();
    let mut events = cache.subscribe();
    for key in ["absent", "k"] {
        assert!(!cache.remove(key).await.unwrap());
        assert!(!cache.expire_key(key).await.unwrap());
        drop(cache.write_intent(key).unwrap());
    }
    assert_eq!(kinds(&mut events), [], "nothing that a read could have found went");
    assert_eq!(cache.stats().key_invalidations, 6, "it was asked for all the same");
}

async fn an_expired_key_is_told_once_and_is_gone(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, tagged("t")).await.unwrap();
    let mut events = cache.subscribe();
    assert!(cache.expire_key("k").await.unwrap());
    assert_of_entry(&only(&mut events), Expired, "k", &["t"]);
    assert_eq!(cache.get::<u8>("k").await.unwrap(), None);
    cache.sweep();
    assert_eq!(kinds(&mut events), [], "its freshness ended only once");
}

/// Whoever meets the dead entry first tells it: a read, or the sweep, of which there is one in the background.
async fn the_end_of_a_life_is_told_once(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    for key in ["a", "b", "c"] {
        cache.put(key, 1_u8, tagged("t").ttl(seconds(5))).await.unwrap();
    }
    let mut events = cache.subscribe();
    clock.advance(seconds(5));
    assert_eq!(cache.get::<u8>("a").await.unwrap(), None);
    assert!(!cache.contains_key("b").await);
    cache.sweep();
    let told = read_all(&mut events);
    let keys: BTreeSet<_> = told.iter().filter_map(CacheEvent::key).collect();
    assert_eq!((told.len(), keys), (3, BTreeSet::from(["a", "b", "c"])), "{told:?}");
    for event in &told {
        assert_eq!(event.kind(), Expired);
        assert_eq!(event.tags().collect::<Vec<_>>(), ["t"]);
        assert!(matches!(event.origin(), CacheEventOrigin::Local | CacheEventOrigin::Sweep), "{event:?}");
    }
    cache.put("a", 2_u8, plain().ttl(seconds(5))).await.unwrap();
    cache.sweep();
    assert_eq!(kinds(&mut events), [Stored], "a new life has not ended yet");
}

async fn a_write_intent_is_told_by_what_became_of_it(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, tagged("t")).await.unwrap();
    let mut events = cache.subscribe();
    let intent = cache.write_intent("k").unwrap();
    assert_eq!(kinds(&mut events), [], "nothing is written yet");
    drop(intent);
    assert_of_entry(&only(&mut events), Removed, "k", &["t"]);
    cache.put("k", 1_u8, plain()).await.unwrap();
    let (first, second) = (cache.write_intent("k").unwrap(), cache.write_intent("k").unwrap());
    assert!(!first.put(2_u8, tagged("t")).await.unwrap());
    assert!(!second.put(3_u8, tagged("t")).await.unwrap());
    assert_eq!(kinds(&mut events), [Stored, Removed], "neither of them stored");
    cache.put("k", 1_u8, plain()).await.unwrap();
    let intent = cache.write_intent("k").unwrap();
    assert!(intent.put("k".repeat(9), plain().ttl(seconds(0))).await.is_err());
    assert_eq!(kinds(&mut events), [Stored, Removed], "what is refused takes the key out");
}

fn small(eviction: Eviction, capacity: u64) -> (HydraCache, CacheEvents) {
    let builder = HydraCache::local().eviction(eviction).max_capacity(capacity);
    let cache = builder.event_buffer_capacity(20_000).build();
    let events = cache.subscribe();
    (cache, events)
}

async fn every_eviction_is_told_with_the_key_that_left(eviction: Eviction) {
    let (cache, mut events) = small(eviction, 100);
    for n in 0..2_000_u32 {
        cache.put(format!("k:{n}"), n, tagged("t")).await.unwrap();
        // Uses let some survive others.
        cache.get::<u32>(format!("k:{}", n / 2)).await.unwrap();
    }
    // The first look lets a store settle that is behind with its work.
    cache.diagnostics().await;
    let held = cache.diagnostics().await.estimated_entries;
    let mut left = BTreeSet::new();
    let mut stored = BTreeSet::new();
    for event in read_all(&mut events) {
        let key = event.key().unwrap().to_owned();
        assert_eq!(event.tags().collect::<Vec<_>>(), ["t"], "{event:?}");
        assert_eq!(event.origin(), CacheEventOrigin::Local, "{event:?}");
        match event.kind() {
            Stored => assert!(stored.insert(key)),
            Evicted => assert!(stored.contains(&key) && left.insert(key), "{event:?}"),
            _ => panic!("nothing else happened: {event:?}"),
        }
    }
    let stats = cache.stats();
    assert_eq!((stored.len(), left.len() as u64), (2_000, stats.evictions));
    assert_eq!(stats.evictions + held, 2_000);
    for n in 0..2_000 {
        let key = format!("k:{n}");
        assert_eq!(cache.contains_key(&key).await, !left.contains(&key), "`{key}`");
    }
}

async fn an_entry_that_is_not_admitted_is_told_as_evicted(eviction: Eviction) {
    let (cache, mut events) = small(eviction, 1);
    for n in 0..100_u32 {
        cache.put(n.to_string(), n, plain()).await.unwrap();
    }
    cache.diagnostics().await;
    let held = cache.diagnostics().await.estimated_entries;
    let told = kinds(&mut events);
    let evicted = told.iter().filter(|kind| **kind == Evicted).count() as u64;
    assert_eq!((evicted, evicted + held), (cache.stats().evictions, 100));
}

async fn nothing_is_built_while_nobody_listens(eviction: Eviction) {
    let cache = cache(eviction);
    let write = async || {
        cache.put("k", 1_u8, tagged("t")).await.unwrap();
        cache.get_or_insert_with("l", plain(), || async { 1_u8 }).await.unwrap();
        cache.get::<u8>("k").await.unwrap();
        cache.remove("k").await.unwrap();
        cache.invalidate_tag("t").await.unwrap();
        cache.invalidate_prefix("l").await.unwrap();
        cache.flush().await.unwrap();
    };
    write().await;
    let mut events = cache.subscribe();
    events.try_recv().unwrap();
    events.unsubscribe();
    cache.on_mutation(|event| panic!("{event:?} came after the end")).unsubscribe();
    write().await;
    // Nobody reads, and no mutation is wanted.
    let _access = cache.subscribe_access();
    write().await;
    assert_eq!(cache.stats().events_published, 0);
    let _events = cache.subscribe_mutations();
    cache.put("k", 1_u8, plain()).await.unwrap();
    assert_eq!(cache.stats().events_published, 1);
}

async fn events_end_with_the_cache(eviction: Eviction) {
    let cache = cache(eviction);
    let (mut events, mut others) = (cache.subscribe(), cache.subscribe_key("k"));
    cache.put("k", 1_u8, plain()).await.unwrap();
    let clone = cache.clone();
    drop(cache);
    clone.put("k", 2_u8, plain()).await.unwrap();
    drop(clone);
    assert_eq!(soon(events.next_event()).await.unwrap().kind(), Stored);
    assert_eq!(soon(events.recv()).await.unwrap().kind(), Stored);
    assert_eq!(soon(events.recv()).await.unwrap_err(), CacheEventRecvError::Closed);
    assert!(soon(events.next_event()).await.is_none());
    assert_eq!(others.recv_blocking().unwrap().kind(), Stored);
    assert_eq!(others.recv_blocking().unwrap().kind(), Stored);
    assert_eq!(others.recv_blocking().unwrap_err(), CacheEventRecvError::Closed);
    assert_eq!(others.try_recv().unwrap_err(), CacheEventRecvError::Closed);
}
