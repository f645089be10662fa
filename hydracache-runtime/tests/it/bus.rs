//! What travels from cache to cache, and what does not.

use std::sync::Arc;

use hydracache_runtime::CacheEventKind::{
    Expired, Flushed, NamespaceInvalidated, PrefixInvalidated, Removed, TagInvalidated,
};
use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{CacheEventKind, CacheEventOrigin, CacheInvalidationBus, HydraCache};
use tokio::sync::oneshot;

use crate::bus_support::{Node, driven, join, three, three_of, two};
use crate::support::{plain, soon, tagged};

over_every_bus! {
    every_invalidation_reaches_the_others_and_takes_nothing_else,
    the_events_of_several_tags_arrive_one_by_one,
    whatever_stores_stays_at_home,
    values_never_travel,
    a_cache_does_not_hear_itself,
    what_was_refused_is_not_published,
    counters_say_what_travelled,
    what_is_not_awaited_is_published_all_the_same,
    a_load_that_a_remote_invalidation_overtakes_stores_nothing,
    a_cache_that_comes_later_hears_what_comes_later,
    everybody_hears_everybody,
}

type Invalidate = fn(&HydraCache);

const KEYS: [&str; 4] = ["ns:k", "ns:k:posts", "ns:kk", "other"];

/// Each way to invalidate, what the others are told, and which of the keys they keep.
const WAYS: [(&str, Invalidate, CacheEventKind, &[&str]); 13] = [
    ("remove", |cache| cache.remove("ns:k").fire(), Removed, &["ns:k:posts", "ns:kk", "other"]),
    (
        "invalidate_key",
        |cache| cache.invalidate_key("ns:k").fire(),
        Removed,
        &["ns:k:posts", "ns:kk", "other"],
    ),
    ("expire_key", |cache| cache.expire_key("ns:k").fire(), Expired, &["ns:k:posts", "ns:kk", "other"]),
    (
        "typed remove",
        |cache| cache.typed::<u8>("ns").remove("k").fire(),
        Removed,
        &["ns:k:posts", "ns:kk", "other"],
    ),
    (
        "typed expire",
        |cache| cache.typed::<u8>("ns").expire_key("k").fire(),
        Expired,
        &["ns:k:posts", "ns:kk", "other"],
    ),
    ("tag", |cache| cache.invalidate_tag("u").fire(), TagInvalidated, &["ns:k", "ns:k:posts", "ns:kk"]),
    (
        "typed tag",
        |cache| cache.typed::<u8>("ns").invalidate_tag("u").fire(),
        TagInvalidated,
        &["ns:k", "ns:k:posts", "ns:kk"],
    ),
    ("tags", |cache| cache.invalidate_tags(["u"]).fire(), TagInvalidated, &["ns:k", "ns:k:posts", "ns:kk"]),
    ("prefix", |cache| cache.invalidate_prefix("ns:k").fire(), PrefixInvalidated, &["ns:kk", "other"]),
    (
        "typed prefix",
        |cache| drop(cache.typed::<u8>("ns").invalidate_prefix("k")),
        PrefixInvalidated,
        &["ns:kk", "other"],
    ),
    (
        "an intent that is dropped",
        |cache| drop(cache.write_intent("ns:k")),
        Removed,
        &["ns:k:posts", "ns:kk", "other"],
    ),
    (
        "an intent that is put",
        |cache| cache.write_intent("ns:k").unwrap().put(2_u8, plain()).fire(),
        Removed,
        &["ns:k:posts", "ns:kk", "other"],
    ),
    ("flush", |cache| cache.flush().fire(), Flushed, &[]),
];

/// The key of the view, its neighbours, and an entry with a tag of its own.
fn fill(node: &mut Node) {
    node.hold(&KEYS[..3]);
    node.cache.put("other", 1_u8, tagged("u")).local().unwrap();
    crate::support::read_all(&mut node.events);
}

async fn every_invalidation_reaches_the_others_and_takes_nothing_else(bus: Arc<impl CacheInvalidationBus>) {
    for (name, invalidate, kind, kept) in WAYS {
        let [a, mut b, mut c] = three_of(&bus, name);
        let source = format!("{name}a");
        fill(&mut b);
        fill(&mut c);
        invalidate(&a.cache);
        for other in [&mut b, &mut c] {
            let event = other.remote().await;
            assert_eq!((event.kind(), event.source()), (kind, Some(&*source)), "{name}");
            assert_eq!(event.origin(), CacheEventOrigin::DistributedBus, "{name}");
            assert_eq!(other.held(&KEYS), kept, "{name}");
            assert_eq!(other.stats().distributed_invalidations_applied, 1, "{name}");
        }
    }
    // A namespace hides entries from its view.
    for way in ["clear", "invalidate_namespace"] {
        let [a, mut b, mut c] = three_of(&bus, way);
        for other in [&b, &c] {
            other.cache.typed::<u8>("n:s").put("k", 1, plain()).local().unwrap();
            other.cache.typed::<u8>("n").put("k", 1, plain()).local().unwrap();
        }
        match way {
            "clear" => a.cache.typed::<u8>("n:s").clear().fire(),
            _ => a.cache.invalidate_namespace("n:s").fire(),
        }
        for other in [&mut b, &mut c] {
            let event = other.remote().await;
            assert_eq!((event.kind(), event.namespace()), (NamespaceInvalidated, Some("n%3As")), "{way}");
            assert_eq!(other.cache.typed::<u8>("n:s").peek("k").unwrap(), None, "{way}");
            assert_eq!(other.cache.typed::<u8>("n").peek("k").unwrap(), Some(1), "{way}");
        }
    }
}

async fn the_events_of_several_tags_arrive_one_by_one(bus: Arc<impl CacheInvalidationBus>) {
    let (a, mut b) = two(&bus);
    a.cache.invalidate_tags(["one", "two", "three"]).await.unwrap();
    for tag in ["one", "two", "three"] {
        assert_eq!(b.remote().await.tag(), Some(tag));
    }
    a.cache.invalidate_prefix("a:b").await.unwrap();
    assert_eq!(b.remote().await.prefix(), Some("a:b"));
    assert_eq!(a.stats().distributed_invalidations_published, 4);
}

async fn whatever_stores_stays_at_home(bus: Arc<impl CacheInvalidationBus>) {
    let (a, mut b) = two(&bus);
    b.hold(&["k"]);
    a.cache.put("k", 9_u8, tagged("t")).await.unwrap();
    let bytes = a.cache.get_encoded("k").await.unwrap().unwrap();
    a.cache.put_encoded("k", bytes, tagged("t")).await.unwrap();
    a.cache.remove("absent before the load").await.unwrap();
    a.cache.get_or_insert_with("loaded", plain(), || async { 9_u8 }).await.unwrap();
    assert!(a.cache.fill(&a.cache.fill_token("filled").unwrap(), 9_u8, plain()).unwrap());
    a.cache.write_intent("k").unwrap().cancel();
    a.cache.sweep();
    let heard = b.caught_up_with(&a).await;
    assert!(heard.iter().all(|event| event.tag().is_some()), "only what this test waits for: {heard:?}");
    assert_eq!(b.cache.peek::<u8>("k").unwrap(), Some(1));
    // What is awaited has been counted, and all before it.
    a.cache.invalidate_tag("last").await.unwrap();
    assert_eq!(a.stats().distributed_invalidations_published, 1 + 2 + 1);
}

async fn values_never_travel(bus: Arc<impl CacheInvalidationBus>) {
    let (a, mut b) = two(&bus);
    a.cache.put("k", 9_u8, plain()).await.unwrap();
    a.cache.write_intent("k").unwrap().put(10_u8, plain()).await.unwrap();
    b.caught_up_with(&a).await;
    assert_eq!(b.cache.get::<u8>("k").await.unwrap(), None);
    assert_eq!(b.cache.diagnostics().await.estimated_entries, 0);
    assert_eq!(a.cache.get::<u8>("k").await.unwrap(), Some(10));
}

async fn a_cache_does_not_hear_itself(bus: Arc<impl CacheInvalidationBus>) {
    let (mut a, mut b) = two(&bus);
    a.cache.invalidate_tag("t").await.unwrap();
    a.cache.flush().await.unwrap();
    a.hold(&["k"]);
    // The other has heard it, and what the other says afterwards is heard here.
    b.remote_of(Flushed).await;
    a.caught_up_with(&b).await;
    assert_eq!(a.held(&["k"]), ["k"]);
    let stats = a.stats();
    assert_eq!((stats.flushes, stats.distributed_invalidations_published), (1, 2));
    assert_eq!((stats.distributed_invalidations_received, stats.distributed_invalidations_applied), (2, 2));
}

async fn what_was_refused_is_not_published(bus: Arc<impl CacheInvalidationBus>) {
    let (a, mut b) = two(&bus);
    assert!(a.cache.invalidate_tag("t".repeat(300)).await.is_err());
    assert!(a.cache.remove("k".repeat(2_000)).await.is_err());
    assert!(a.cache.expire_key("k".repeat(2_000)).await.is_err());
    let refused = a.cache.invalidate_tags(["t".repeat(300).as_str(), "fine"]).await;
    assert_eq!(refused.unwrap_err().kind(), hydracache_runtime::ErrorKind::TagTooLong);
    assert_eq!(b.remote().await.tag(), Some("fine"));
    assert_eq!(a.stats().distributed_invalidations_published, 1);
    assert_eq!(a.stats().distributed_invalidation_publish_failures, 0);
}

async fn counters_say_what_travelled(bus: Arc<impl CacheInvalidationBus>) {
    let [a, mut b, mut c] = three(&bus);
    for cache in [&a, &b, &c] {
        assert!(!cache.stats().has_distributed_invalidation_activity());
    }
    for n in 0..10 {
        a.cache.remove(format!("absent {n}")).await.unwrap();
        a.cache.invalidate_tag("t").await.unwrap();
    }
    assert_eq!(a.stats().distributed_invalidations_published, 20, "each is counted before it is confirmed");
    for other in [&mut b, &mut c] {
        for round in 1..=10 {
            other.remote_of(TagInvalidated).await;
            let applied = other.stats().distributed_invalidations_applied;
            assert!(applied >= 2 * round, "{applied} are counted when {} were applied", 2 * round);
        }
        let stats = other.stats();
        assert_eq!(stats.distributed_invalidations_received, 20);
        assert_eq!((stats.distributed_invalidations_published, stats.tag_invalidations), (0, 10));
        assert!(stats.has_distributed_invalidation_activity());
        assert!(!stats.has_distributed_invalidation_bus_issues());
    }
    assert!(a.stats().has_distributed_invalidation_activity());
    assert!(!a.stats().has_distributed_invalidation_bus_issues());
    assert_eq!(a.stats().distributed_invalidations_received, 0);
}

async fn what_is_not_awaited_is_published_all_the_same(bus: Arc<impl CacheInvalidationBus>) {
    let (a, mut b) = two(&bus);
    a.cache.invalidate_tag("fired").fire();
    drop(a.cache.invalidate_tag("dropped"));
    a.cache.invalidate_tag("local").local().unwrap();
    a.cache.invalidate_tag("awaited").await.unwrap();
    for tag in ["fired", "dropped", "local", "awaited"] {
        assert_eq!(b.remote().await.tag(), Some(tag));
    }
}

async fn a_load_that_a_remote_invalidation_overtakes_stores_nothing(bus: Arc<impl CacheInvalidationBus>) {
    for (name, invalidate, ..) in WAYS {
        let [a, mut b, _] = three_of(&bus, name);
        let (go, wait) = oneshot::channel::<u8>();
        let cache = b.cache.clone();
        let (key, tag) = if name.contains("tag") { ("other", "u") } else { ("ns:k", "t") };
        let load = tokio::spawn(async move { cache.get_or_load(key, tagged(tag), || wait).await });
        while b.stats().loads == 0 {
            tokio::task::yield_now().await;
        }
        invalidate(&a.cache);
        b.caught_up_with(&a).await;
        go.send(7).unwrap();
        assert_eq!(soon(load).await.unwrap().unwrap(), 7, "{name}");
        assert_eq!(b.cache.get::<u8>(key).await.unwrap(), None, "{name}");
        assert_eq!(b.stats().stale_discards, 1, "{name}");
    }
}

async fn a_cache_that_comes_later_hears_what_comes_later(bus: Arc<impl CacheInvalidationBus>) {
    let (a, mut b) = two(&bus);
    for _ in 0..5 {
        a.cache.invalidate_tag("early").await.unwrap();
    }
    b.caught_up_with(&a).await;
    let mut late = join(&bus, &a.clock, "late");
    late.hold(&["k", "l"]);
    a.cache.remove("k").await.unwrap();
    assert_eq!(late.remote_of(Removed).await.key(), Some("k"));
    assert_eq!(late.held(&["k", "l"]), ["l"]);
    let stats = late.stats();
    assert_eq!((stats.distributed_invalidations_applied, stats.distributed_invalidation_gaps), (1, 0));
    late.cache.invalidate_tag("from the late one").await.unwrap();
    b.until(|event| event.source() == Some("late")).await;
}

async fn everybody_hears_everybody(bus: Arc<impl CacheInvalidationBus>) {
    let clock = ManualClock::new();
    let mut nodes: Vec<_> = (0..6).map(|n| join(&bus, &clock, &format!("node {n}"))).collect();
    for node in &mut nodes {
        node.hold(&["0", "1", "2", "3", "4", "5"]);
    }
    for (n, node) in nodes.iter().enumerate() {
        driven(&clock, node.cache.remove(n.to_string())).await.unwrap();
    }
    for node in &mut nodes {
        for _ in 0..5 {
            node.remote_of(Removed).await;
        }
        assert_eq!(node.held(&["0", "1", "2", "3", "4", "5"]), [""; 0]);
    }
}
