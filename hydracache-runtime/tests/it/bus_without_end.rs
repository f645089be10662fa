//! Calls of a bus that never end keep waiting whoever waits for the bus, and nobody else.

use std::sync::Arc;
use std::thread;

use futures_util::poll;
use hydracache_runtime::CacheEventKind::{Flushed, Removed, TagInvalidated};
use hydracache_runtime::testing::{FaultyBus, ManualClock};
use hydracache_runtime::{HydraCache, InMemoryInvalidationBus};
use tokio::sync::oneshot;

use crate::bus_doubles::{Endless, Fate, Stuck};
use crate::bus_support::{Node, assert_linked, faulty_in_memory, join};
use crate::support::{plain, soon, tagged};

const BOTH: [Endless; 2] = [Endless::Pends, Endless::Blocks];

/// A cache on a bus, and another whose own way to it has calls that never end.
struct Pair {
    well: Node,
    stuck: Node,
    fate: Fate,
    bus: Arc<FaultyBus<InMemoryInvalidationBus>>,
}

fn pair(publish: Option<Endless>, replay: Option<Endless>) -> Pair {
    let clock = ManualClock::new();
    let bus = faulty_in_memory(10_000);
    let (way, fate) = Stuck::new(bus.clone(), publish, replay);
    Pair { well: join(&bus, &clock, "well"), stuck: join(&way, &clock, "stuck"), fate, bus }
}

/// Two caches, of which one publishes something without end.
async fn publishing(endless: Endless) -> Pair {
    let pair = pair(Some(endless), None);
    let cache = pair.stuck.cache.clone();
    at_once(move || cache.invalidate_tag("first").fire()).await;
    pair.fate.stuck().await;
    pair
}

/// Two caches, of which one asks without end for what it missed.
async fn replaying(endless: Endless) -> Pair {
    let mut pair = pair(None, Some(endless));
    // Now it knows where the other was.
    pair.well.cache.invalidate_tag("before").await.unwrap();
    assert_eq!(pair.stuck.remote_by_itself(TagInvalidated).await.tag(), Some("before"));
    pair.bus.drop_next(1);
    pair.well.cache.invalidate_tag("missed").await.unwrap();
    pair.well.cache.invalidate_tag("next").await.unwrap();
    pair.fate.stuck().await;
    pair
}

/// Does something that waits for nobody. On a thread of its own: if it waited for the bus, it would do so for ever.
async fn at_once(work: impl FnOnce() + Send + 'static) {
    let (done, end) = oneshot::channel();
    thread::spawn(move || {
        work();
        let _ = done.send(());
    });
    soon(end).await.expect("it does not panic");
}

/// Whatever invalidates does so here and at once.
async fn assert_invalidates(cache: &HydraCache) {
    let cache = cache.clone();
    at_once(move || invalidate_in_every_way(&cache)).await;
}

fn invalidate_in_every_way(cache: &HydraCache) {
    type Invalidate = fn(&HydraCache);
    let ways: [(&str, Invalidate); 9] = [
        ("remove", |cache| cache.remove("ns:k").fire()),
        ("expire_key", |cache| cache.expire_key("ns:k").fire()),
        ("invalidate_tag", |cache| cache.invalidate_tag("t").fire()),
        ("invalidate_tags", |cache| cache.invalidate_tags(["u", "t"]).fire()),
        ("invalidate_prefix", |cache| cache.invalidate_prefix("ns").fire()),
        ("a view", |cache| cache.typed::<u8>("ns").remove("k").fire()),
        ("clear", |cache| cache.typed::<u8>("ns").clear().fire()),
        ("an intent", |cache| drop(cache.write_intent("ns:k").unwrap())),
        ("flush", |cache| cache.flush().fire()),
    ];
    for (name, invalidate) in ways {
        let view = cache.typed::<u8>("ns");
        view.put("k", 1_u8, tagged("t")).local().unwrap();
        assert_eq!(view.peek("k").unwrap(), Some(1));
        invalidate(cache);
        assert_eq!(view.peek("k").unwrap(), None, "{name}");
    }
}

/// Whatever reads and stores does so at once.
async fn assert_serves(cache: &HydraCache) {
    soon(cache.put("served", 1_u8, plain())).await.unwrap();
    assert_eq!(soon(cache.get::<u8>("served")).await.unwrap(), Some(1));
    assert_eq!(soon(cache.get_or_insert_with("loaded", plain(), || async { 2_u8 })).await.unwrap(), 2);
    let token = cache.fill_token("filled").unwrap();
    assert!(cache.fill(&token, 3_u8, plain()).unwrap());
    let held = soon(cache.get_many::<_, u8>(["served", "loaded", "filled"])).await.unwrap();
    assert_eq!(held.len(), 3);
    assert!(soon(cache.diagnostics()).await.live_entries >= 3);
}

/// The last handle goes at once, and all that the cache held with it.
async fn assert_goes(node: Node) {
    let Node { cache, events, .. } = node;
    drop(events);
    let (value, dropped) = oneshot::channel::<()>();
    cache
        .typed_memory_only::<Arc<oneshot::Sender<()>>>("v")
        .put("k", Arc::new(value), plain())
        .local()
        .unwrap();
    at_once(move || drop(cache)).await;
    soon(dropped).await.unwrap_err();
}

#[tokio::test]
async fn what_is_invalidated_while_a_publication_never_ends_is_invalidated_here() {
    for endless in BOTH {
        assert_invalidates(&publishing(endless).await.stuck.cache).await;
    }
}

#[tokio::test]
async fn a_cache_whose_publication_never_ends_is_read_and_written() {
    for endless in BOTH {
        assert_serves(&publishing(endless).await.stuck.cache).await;
    }
}

#[tokio::test]
async fn a_cache_whose_publication_never_ends_can_go() {
    for endless in BOTH {
        assert_goes(publishing(endless).await.stuck).await;
    }
}

#[tokio::test]
async fn what_waits_behind_a_publication_that_never_ends_is_bounded() {
    let Pair { stuck, .. } = publishing(Endless::Pends).await;
    let mut waiting = stuck.cache.remove("awaited");
    for n in 0..20_000 {
        stuck.cache.remove(n.to_string()).fire();
    }
    assert!(poll!(&mut waiting).is_pending(), "it is this that waits");
    let left = stuck.cache.diagnostics().await.unpublished_invalidations;
    assert!((1..=4_096).contains(&left), "{left} wait");
}

#[tokio::test]
async fn a_publication_that_never_ends_keeps_nobody_from_receiving() {
    let Pair { mut well, mut stuck, .. } = publishing(Endless::Pends).await;
    stuck.hold(&["k"]);
    well.cache.remove("k").await.unwrap();
    assert_eq!(stuck.remote_by_itself(Removed).await.source(), Some("well"));
    assert_linked(&well, &mut stuck).await;
    well.hold(&["k"]);
    assert_eq!(well.held(&["k"]), ["k"]);
}

#[tokio::test]
async fn what_is_invalidated_while_a_replay_never_ends_is_invalidated_here() {
    for endless in BOTH {
        assert_invalidates(&replaying(endless).await.stuck.cache).await;
    }
}

#[tokio::test]
async fn a_cache_whose_replay_never_ends_is_read_and_written() {
    for endless in BOTH {
        assert_serves(&replaying(endless).await.stuck.cache).await;
    }
}

#[tokio::test]
async fn a_cache_whose_replay_never_ends_can_go() {
    for endless in BOTH {
        assert_goes(replaying(endless).await.stuck).await;
    }
}

#[tokio::test]
async fn a_replay_that_never_ends_keeps_nobody_from_publishing() {
    let Pair { mut well, stuck, .. } = replaying(Endless::Pends).await;
    soon(stuck.cache.invalidate_tag("awaited")).await.unwrap();
    assert_linked(&stuck, &mut well).await;
}

/// What it would have brought is unknown, so nothing is left of what it could concern.
#[tokio::test]
async fn a_replay_that_never_ends_is_answered_by_a_flush() {
    let Pair { mut stuck, .. } = replaying(Endless::Pends).await;
    stuck.remote_by_itself(Flushed).await;
    assert_eq!(stuck.stats().distributed_invalidation_flushes, 1);
}
