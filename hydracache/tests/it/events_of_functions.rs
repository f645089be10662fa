//! What subscribers of a cache are told of the annotated functions that use it.

use std::sync::Arc;

use hydracache::CacheEventKind::{
    Hit, LoadFailed, LoadStarted, LoadSucceeded, Miss, NamespaceInvalidated, Removed, Stored, TagInvalidated,
};
use hydracache::{
    CacheEvent, CacheEventKind, CacheEventOrigin, CacheEvents, HydraCache, InMemoryInvalidationBus, cached,
};

use crate::support::runtime_over;

#[cached(name = "events.square", key = "{id}", tags = ["squares", "square:{id}"])]
async fn square(id: u64) -> u64 {
    id * id
}

#[cached(name = "events.sync", key = "{id}")]
fn cube(id: u64) -> u64 {
    id * id * id
}

#[cached(name = "events.half", key = "{id}")]
async fn half(id: u64) -> Result<u64, String> {
    if id.is_multiple_of(2) { Ok(id / 2) } else { Err(format!("{id} is odd")) }
}

/// Runs a test in a runtime whose default cache tells of everything.
async fn heard<F: Future>(test: impl FnOnce(HydraCache, CacheEvents) -> F) -> F::Output {
    let cache = HydraCache::local().enable_access_events(true).build();
    let events = cache.subscribe();
    runtime_over(cache.clone()).scope(test(cache, events)).await
}

fn told(events: &mut CacheEvents) -> Vec<CacheEvent> {
    std::iter::from_fn(|| events.try_recv().unwrap()).collect()
}

fn kinds(events: &mut CacheEvents) -> Vec<CacheEventKind> {
    told(events).iter().map(CacheEvent::kind).collect()
}

#[tokio::test]
async fn the_calls_of_a_function_are_told_with_its_keys_and_tags() {
    heard(|_, mut events| async move {
        assert_eq!(square(7).await, 49);
        let first = told(&mut events);
        let steps: Vec<_> = first.iter().map(CacheEvent::kind).collect();
        assert_eq!(steps, [Miss, LoadStarted, LoadSucceeded, Stored]);
        for event in &first {
            assert_eq!((event.key(), event.origin()), (Some("events.square@0:7"), CacheEventOrigin::Local));
        }
        assert_eq!(first[3].tags().collect::<Vec<_>>(), ["squares", "square:7"]);
        assert_eq!(square(7).await, 49);
        let second = told(&mut events);
        assert_eq!((second.len(), second[0].kind()), (1, Hit));
        assert_eq!(second[0].key(), Some("events.square@0:7"));
        assert_eq!(cube(3), 27);
        assert_eq!(cube(3), 27);
        assert_eq!(kinds(&mut events), [Miss, LoadStarted, LoadSucceeded, Stored, Hit]);
    })
    .await;
}

#[tokio::test]
async fn a_function_that_fails_is_told_and_stores_nothing() {
    heard(|cache, mut events| async move {
        assert!(half(3).await.is_err());
        assert_eq!(kinds(&mut events), [Miss, LoadStarted, LoadFailed]);
        assert_eq!(half(4).await.unwrap(), 2);
        assert_eq!(kinds(&mut events), [Miss, LoadStarted, LoadSucceeded, Stored]);
        assert_eq!(cache.stats().events_published, 7);
        assert_eq!(half::stats().events_published, 0, "events are those of the cache");
    })
    .await;
}

#[tokio::test]
async fn what_the_handles_of_a_function_do_is_told() {
    heard(|cache, mut events| async move {
        square::put(2, 4).await.unwrap();
        assert_eq!(kinds(&mut events), [Stored]);
        assert!(square::invalidate(2).await.unwrap());
        let removed = told(&mut events);
        assert_eq!((removed[0].kind(), removed[0].key()), (Removed, Some("events.square@0:2")));
        square(3).await;
        kinds(&mut events);
        cache.invalidate_tag("square:3").await.unwrap();
        square::clear().await.unwrap();
        let many = told(&mut events);
        assert_eq!((many[0].kind(), many[0].tag()), (TagInvalidated, Some("square:3")));
        assert_eq!((many[1].kind(), many[1].namespace()), (NamespaceInvalidated, Some("events.square@0")));
    })
    .await;
}

#[tokio::test]
async fn a_view_of_the_namespace_of_a_function_hears_only_that_function() {
    heard(|cache, _| async move {
        let mut events = cache.typed::<u64>(square::SITE.namespace()).subscribe_mutations();
        square(1).await;
        cube(1);
        square(2).await;
        let keys: Vec<_> = told(&mut events).iter().map(|event| event.key().unwrap().to_owned()).collect();
        assert_eq!(keys, ["events.square@0:1", "events.square@0:2"]);
    })
    .await;
}

/// The same function in two processes: what one of them invalidates, the other loads again.
#[tokio::test]
async fn invalidating_a_function_reaches_the_other_caches_of_a_bus() {
    let bus = Arc::new(InMemoryInvalidationBus::default());
    let build = || HydraCache::local().shared_invalidation_bus(bus.clone()).build();
    let caches = [build(), build()];
    let [here, there] = caches.each_ref().map(|cache| runtime_over(cache.clone()));
    let mut events = caches[1].subscribe();
    for invalidate in ["a key", "everything"] {
        here.scope(square(5)).await;
        there.scope(square(5)).await;
        here.scope(async {
            match invalidate {
                "a key" => _ = square::invalidate(5).await.unwrap(),
                _ => square::clear().await.unwrap(),
            }
        })
        .await;
        let remote = async {
            loop {
                let event = events.recv().await.unwrap();
                if event.origin() == CacheEventOrigin::DistributedBus {
                    return event.kind();
                }
            }
        };
        let kind = tokio::time::timeout(std::time::Duration::from_secs(20), remote).await.unwrap();
        assert_eq!(kind, if invalidate == "a key" { Removed } else { NamespaceInvalidated });
        assert_eq!(there.scope(async { square::peek(5) }).await, None, "{invalidate}");
    }
}
