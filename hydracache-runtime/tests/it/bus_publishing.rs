//! Publishing: what is awaited, what is said when the bus fails, and that nothing is forgotten because of it.

use std::sync::Arc;

use futures_util::poll;
use hydracache_runtime::CacheEventKind::{Flushed, Removed, TagInvalidated};
use hydracache_runtime::testing::{FaultyBus, ManualClock};
use hydracache_runtime::{CacheInvalidationBus, Error, ErrorKind, Eviction, HydraCache};

use crate::bus_doubles::{Gated, with_outages};
use crate::bus_support::{assert_linked, driven, framed, in_memory, join, two};
use crate::support::{assert_says, cache, plain, soon};

over_both_faulty_buses! {
    a_failed_publication_is_told_with_its_position,
    what_failed_arrives_when_the_bus_is_well_again,
    the_order_is_kept_through_failures,
    what_is_said_to_have_failed_and_did_not_is_published_twice,
    what_a_released_bus_held_back_arrives_in_order,
}

#[tokio::test]
async fn what_a_write_returns_is_ready_when_the_bus_has_taken_it() {
    let bus = Gated::new();
    let (mut a, mut b) = two(&bus);
    a.hold(&["k"]);
    let mut removal = a.cache.remove("k");
    let mut flush = a.cache.flush();
    assert_eq!(a.held(&["k"]), [""; 0], "it is applied here already");
    assert!(poll!(&mut removal).is_pending() && poll!(&mut flush).is_pending());
    assert_eq!(a.stats().distributed_invalidations_published, 0);
    bus.let_pass(1);
    assert!(soon(removal).await.unwrap(), "there was an entry");
    assert!(poll!(&mut flush).is_pending(), "it is still on its way");
    assert_eq!(a.stats().distributed_invalidations_published, 1);
    bus.let_pass(1);
    soon(flush).await.unwrap();
    assert_eq!(a.stats().distributed_invalidations_published, 2);
    // That it was applied elsewhere is not awaited, but follows.
    assert_eq!(b.remote_of(Flushed).await.source(), Some("a"));
}

#[tokio::test]
async fn who_does_not_wait_does_not_wait_for_the_bus() {
    let bus = Gated::new();
    let (mut a, mut b) = two(&bus);
    a.hold(&["k"]);
    assert!(a.cache.remove("k").local().unwrap());
    a.cache.invalidate_tag("t").fire();
    let put = a.cache.put("k", 1_u8, plain());
    soon(put).await.unwrap();
    bus.let_pass(2);
    assert_eq!(b.remote_of(TagInvalidated).await.tag(), Some("t"));
}

async fn a_failed_publication_is_told_with_its_position<B: CacheInvalidationBus>(bus: Arc<FaultyBus<B>>) {
    let (mut a, b) = two(&bus);
    a.hold(&["k", "l"]);
    a.cache.invalidate_tag("before").await.unwrap();
    bus.fail_next(1);
    let error = a.cache.remove("k").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotConfirmed);
    let position = error.position().expect("it says which message it concerns").clone();
    assert_eq!((position.publisher(), position.sequence()), ("a", 2));
    assert_ne!(position.generation(), 0);
    assert!(error.to_string().contains(&position.to_string()), "{error}");
    assert_eq!(a.held(&["k", "l"]), ["l"], "it was applied here");
    let stats = a.stats();
    assert_eq!(stats.distributed_invalidation_publish_failures, 1);
    assert!(stats.has_distributed_invalidation_bus_issues());
    assert!(!b.stats().has_distributed_invalidation_bus_issues());
    assert_eq!(a.cache.get::<String>("l").await.unwrap_err().position(), None, "only this kind has one");
}

async fn what_failed_arrives_when_the_bus_is_well_again<B: CacheInvalidationBus>(bus: Arc<FaultyBus<B>>) {
    let (a, mut b) = two(&bus);
    b.hold(&["k", "l"]);
    bus.fail_next(5);
    assert_says(a.cache.remove("k").await, ErrorKind::NotConfirmed, &["`a`", "as it was told to"]);
    assert_eq!(b.held(&["k"]), ["k"], "the bus has not taken it, and nobody tries again before time passes");
    assert_eq!(b.remote_of(Removed).await.key(), Some("k"));
    assert_eq!(b.held(&["k", "l"]), ["l"]);
    let stats = a.stats();
    assert_eq!(stats.distributed_invalidation_publish_failures, 5);
    assert_eq!(stats.distributed_invalidations_published, 1);
    assert_eq!(b.stats().distributed_invalidation_gaps, 0);
}

async fn the_order_is_kept_through_failures<B: CacheInvalidationBus>(bus: Arc<FaultyBus<B>>) {
    let (a, mut b) = two(&bus);
    for n in 0..30 {
        if n % 4 == 1 {
            bus.fail_next(3);
        }
        a.cache.invalidate_tag(n.to_string()).fire();
    }
    for n in 0..30 {
        assert_eq!(b.remote_of(TagInvalidated).await.tag(), Some(&*n.to_string()));
    }
    b.caught_up_with(&a).await;
    assert_eq!(b.stats().distributed_invalidation_gaps, 0);
    assert_eq!(b.stats().distributed_invalidations_duplicated, 0);
    assert_eq!(a.stats().distributed_invalidations_published, 32);
}

async fn what_is_said_to_have_failed_and_did_not_is_published_twice<B: CacheInvalidationBus>(
    bus: Arc<FaultyBus<B>>,
) {
    let (a, mut b) = two(&bus);
    b.hold(&["k"]);
    bus.fail_late_next(1);
    assert_eq!(a.cache.remove("k").await.unwrap_err().kind(), ErrorKind::NotConfirmed);
    b.remote_of(Removed).await;
    b.caught_up_with(&a).await;
    let stats = b.stats();
    assert_eq!(stats.distributed_invalidations_duplicated, 1);
    assert_eq!(
        stats.distributed_invalidations_received,
        2 + 2,
        "it came twice, and what this test waits for"
    );
    assert_eq!((stats.distributed_invalidation_gaps, stats.distributed_invalidation_flushes), (0, 0));
    assert!(!stats.has_distributed_invalidation_bus_issues(), "a repetition is no fault");
}

async fn what_a_released_bus_held_back_arrives_in_order<B: CacheInvalidationBus>(bus: Arc<FaultyBus<B>>) {
    let (a, mut b) = two(&bus);
    b.hold(&["0", "1", "2", "other"]);
    bus.hold();
    for key in ["0", "1", "2"] {
        a.cache.remove(key).await.unwrap();
    }
    assert_eq!(b.held(&["0", "1", "2"]), ["0", "1", "2"], "the bus has it and does not deliver it yet");
    bus.release().await.unwrap();
    for key in ["0", "1", "2"] {
        assert_eq!(b.remote_of(Removed).await.key(), Some(key));
    }
    assert_eq!(b.held(&["0", "1", "2", "other"]), ["other"]);
    assert_eq!(b.stats().distributed_invalidation_gaps, 0);
}

#[tokio::test]
async fn everybody_who_waits_during_an_outage_is_told_of_it() {
    let (bus, outage) = with_outages();
    let (a, mut b) = two(&bus);
    outage.begin();
    let mut sequences = Vec::new();
    let waiting: Vec<_> = (0..5).map(|n| a.cache.invalidate_tag(n.to_string())).collect();
    for applied in waiting {
        let error = driven(&a.clock, applied).await.unwrap_err();
        sequences.push(error.position().unwrap().sequence());
    }
    assert_eq!(sequences, [1, 2, 3, 4, 5]);
    assert_eq!(a.cache.diagnostics().await.unpublished_invalidations, 5);
    outage.end();
    for n in 0..5 {
        assert_eq!(b.remote_of(TagInvalidated).await.tag(), Some(&*n.to_string()));
    }
    driven(&a.clock, a.cache.invalidate_tag("after")).await.unwrap();
    assert_eq!(a.stats().distributed_invalidations_published, 6);
    assert_eq!(a.cache.diagnostics().await.unpublished_invalidations, 0);
}

#[tokio::test]
async fn too_many_that_wait_are_replaced_by_a_flush() {
    const MANY: u64 = 20_000;
    let (bus, outage) = with_outages();
    let (mut a, mut b) = two(&bus);
    b.hold(&["k"]);
    a.hold(&["mine"]);
    outage.begin();
    for n in 0..MANY {
        a.cache.remove(format!("absent {n}")).fire();
    }
    assert_eq!(a.held(&["mine"]), ["mine"], "only the others are flushed");
    outage.end();
    assert_eq!(b.remote_of(Flushed).await.source(), Some("a"));
    assert_eq!(b.held(&["k"]), [""; 0]);
    let stats = a.stats();
    assert!(stats.distributed_invalidations_replaced > 0, "{stats:?}");
    assert!(stats.distributed_invalidations_published < MANY, "{stats:?}");
    let of_b = b.stats();
    assert_eq!(of_b.distributed_invalidation_flushes, 0, "the flush of the other stands for all before it");
    assert_linked(&a, &mut b).await;
}

/// A prefix may be longer than any key, and then no frame can carry it.
#[tokio::test]
async fn what_a_bus_can_never_carry_is_published_as_a_flush() {
    let bus = framed(4_096);
    let (a, mut b) = two(&bus);
    b.hold(&["k"]);
    let _ = driven(&a.clock, a.cache.invalidate_prefix("p".repeat(2_000))).await;
    assert_eq!(b.remote_of(Flushed).await.source(), Some("a"));
    assert_eq!(b.held(&["k"]), [""; 0]);
    assert_eq!(a.stats().distributed_invalidations_replaced, 1);
    assert_linked(&a, &mut b).await;
    assert_eq!(b.stats().distributed_invalidation_gaps, 0, "the flush has the number of what it replaces");
}

#[tokio::test]
async fn a_cache_that_goes_publishes_once_more_what_is_queued() {
    let (bus, outage) = with_outages();
    let (a, mut b) = two(&bus);
    b.hold(&["0", "1", "2"]);
    outage.begin();
    assert_eq!(a.cache.remove("0").await.unwrap_err().kind(), ErrorKind::NotConfirmed);
    a.cache.remove("1").fire();
    a.cache.remove("2").fire();
    outage.end();
    // No time passes, so that nothing but its end makes the cache try again.
    drop(a);
    for key in ["0", "1", "2"] {
        assert_eq!(soon(b.events.recv()).await.unwrap().key(), Some(key));
    }
    assert_eq!(b.held(&["0", "1", "2"]), [""; 0]);
}

#[tokio::test]
async fn what_is_queued_outlives_its_cache_as_time_passes() {
    let (bus, outage) = with_outages();
    let (a, mut b) = two(&bus);
    b.hold(&["0", "1", "2"]);
    outage.begin();
    assert_eq!(a.cache.remove("0").await.unwrap_err().kind(), ErrorKind::NotConfirmed);
    let waiting = [a.cache.remove("1"), a.cache.remove("2")];
    drop(a);
    outage.end();
    for key in ["0", "1", "2"] {
        assert_eq!(b.remote_of(Removed).await.key(), Some(key));
    }
    for applied in waiting {
        let error = soon(applied).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotConfirmed, "nobody waits while the bus is down");
    }
}

#[tokio::test]
async fn what_is_on_its_way_outlives_its_cache() {
    let bus = Gated::new();
    let (a, mut b) = two(&bus);
    b.hold(&["0", "1", "2"]);
    for key in ["0", "1", "2"] {
        a.cache.remove(key).fire();
    }
    drop(a);
    bus.let_pass(3);
    for key in ["0", "1", "2"] {
        assert_eq!(soon(b.events.recv()).await.unwrap().key(), Some(key));
    }
}

#[tokio::test]
async fn who_waits_while_the_cache_goes_is_told() {
    let (bus, outage) = with_outages();
    let (a, b) = two(&bus);
    outage.begin();
    assert!(a.cache.remove("first").await.is_err());
    let waiting = a.cache.remove("second");
    drop(a);
    let error = soon(waiting).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotConfirmed);
    drop(b);
}

#[tokio::test]
async fn without_a_bus_there_is_nothing_to_wait_for() {
    let cache = cache(Eviction::default());
    crate::support::ready(cache.flush()).unwrap();
    crate::support::ready(cache.invalidate_tags(["a", "b"])).unwrap();
    let stats = cache.stats();
    assert!(
        !stats.has_distributed_invalidation_activity() && !stats.has_distributed_invalidation_bus_issues()
    );
    assert_eq!(Error::Backend("another kind").position(), None);
}

#[tokio::test]
async fn a_bus_outlives_the_caches_that_left_it() {
    let bus = in_memory(4_096);
    let clock = ManualClock::new();
    for _ in 0..20 {
        let gone = join(&bus, &clock, "gone");
        gone.cache.invalidate_tag("t").await.unwrap();
    }
    let (a, mut b) = (join(&bus, &clock, "a"), join(&bus, &clock, "b"));
    assert_linked(&a, &mut b).await;
    drop(HydraCache::local().shared_invalidation_bus(bus.clone()).build());
}
