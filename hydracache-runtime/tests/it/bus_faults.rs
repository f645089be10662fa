//! What a bus can do to messages, and that no cache keeps an entry because of it that was invalidated elsewhere.

use std::sync::Arc;

use hydracache_runtime::CacheEventKind::{Flushed, Removed, TagInvalidated};
use hydracache_runtime::CacheInvalidationBus;
use hydracache_runtime::testing::FaultyBus;

use crate::bus_support::{assert_linked, driven, two};

over_both_faulty_buses! {
    a_dropped_message_is_asked_for_again,
    several_dropped_messages_are_asked_for_again_in_order,
    a_message_that_nobody_has_any_more_costs_a_flush,
    a_lost_last_message_is_noticed_as_time_passes,
    a_dropped_last_message_is_repaired_as_time_passes,
    a_message_that_comes_twice_is_applied_twice,
    messages_that_overtake_each_other_leave_nothing_stale,
    a_replay_that_fails_costs_a_flush,
    a_subscription_that_ends_is_begun_again,
    what_was_missed_between_two_subscriptions_is_repaired,
    what_was_lost_between_two_subscriptions_costs_a_flush,
    everything_at_once_leaves_nothing_stale,
}

const KEYS: [&str; 4] = ["0", "1", "2", "other"];

async fn a_dropped_message_is_asked_for_again<B: CacheInvalidationBus>(bus: Arc<FaultyBus<B>>) {
    let (a, mut b) = two(&bus);
    b.hold(&KEYS);
    bus.drop_next(1);
    a.cache.remove("0").await.unwrap();
    assert_eq!(b.held(&["0"]), ["0"], "it was dropped");
    a.cache.remove("1").await.unwrap();
    for key in ["0", "1"] {
        assert_eq!(b.remote_of(Removed).await.key(), Some(key));
    }
    assert_eq!(b.held(&KEYS), ["2", "other"], "exactly what was missing");
    let stats = b.stats();
    assert_eq!((stats.distributed_invalidation_gaps, stats.distributed_invalidations_repaired), (1, 1));
    assert_eq!((stats.distributed_invalidations_received, stats.distributed_invalidations_applied), (1, 2));
    assert_eq!(stats.distributed_invalidation_flushes, 0);
    assert!(stats.has_distributed_invalidation_bus_issues());
    assert!(!a.stats().has_distributed_invalidation_bus_issues(), "the publisher knows nothing of it");
}

async fn several_dropped_messages_are_asked_for_again_in_order<B: CacheInvalidationBus>(
    bus: Arc<FaultyBus<B>>,
) {
    let (a, mut b) = two(&bus);
    b.hold(&KEYS);
    a.cache.invalidate_tag("before").await.unwrap();
    b.remote().await;
    bus.drop_next(20);
    for n in 0..21 {
        a.cache.invalidate_tag(n.to_string()).await.unwrap();
    }
    for n in 0..21 {
        assert_eq!(b.remote_of(TagInvalidated).await.tag(), Some(&*n.to_string()));
    }
    assert_eq!(b.held(&KEYS), KEYS);
    let stats = b.stats();
    assert_eq!((stats.distributed_invalidation_gaps, stats.distributed_invalidations_repaired), (1, 20));
    assert_eq!((stats.distributed_invalidations_received, stats.distributed_invalidations_applied), (2, 22));
}

async fn a_message_that_nobody_has_any_more_costs_a_flush<B: CacheInvalidationBus>(bus: Arc<FaultyBus<B>>) {
    let (a, mut b) = two(&bus);
    b.hold(&KEYS);
    bus.lose_next(1);
    a.cache.remove("0").await.unwrap();
    a.cache.invalidate_tag("next").await.unwrap();
    let flush = b.remote_of(Flushed).await;
    assert_eq!(flush.source(), None, "nobody published it");
    assert_eq!(b.held(&KEYS), [""; 0]);
    assert_eq!(b.remote().await.tag(), Some("next"), "what comes after is applied as well");
    let stats = b.stats();
    assert_eq!((stats.distributed_invalidation_gaps, stats.distributed_invalidation_flushes), (1, 1));
    assert_eq!((stats.distributed_invalidations_repaired, stats.flushes), (0, 1));
    b.hold(&KEYS);
    assert_linked(&a, &mut b).await;
    assert_eq!(b.held(&KEYS), KEYS, "the gap was answered once and for all");
}

async fn a_lost_last_message_is_noticed_as_time_passes<B: CacheInvalidationBus>(bus: Arc<FaultyBus<B>>) {
    let (a, mut b) = two(&bus);
    b.hold(&KEYS);
    b.caught_up_with(&a).await;
    bus.lose_next(1);
    a.cache.remove("0").await.unwrap();
    assert_eq!(b.held(&["0"]), ["0"]);
    b.remote_of(Flushed).await;
    assert_eq!(b.held(&KEYS), [""; 0]);
    assert_eq!(b.stats().distributed_invalidation_flushes, 1);
}

async fn a_dropped_last_message_is_repaired_as_time_passes<B: CacheInvalidationBus>(bus: Arc<FaultyBus<B>>) {
    let (a, mut b) = two(&bus);
    b.hold(&KEYS);
    bus.drop_next(1);
    a.cache.remove("0").await.unwrap();
    assert_eq!(b.held(&["0"]), ["0"]);
    assert_eq!(b.remote().await.key(), Some("0"));
    assert_eq!(b.held(&KEYS), ["1", "2", "other"]);
    let stats = b.stats();
    assert_eq!((stats.distributed_invalidation_gaps, stats.distributed_invalidations_repaired), (1, 1));
    assert_eq!(stats.distributed_invalidations_received, 0, "that the position was told is no invalidation");
}

async fn a_message_that_comes_twice_is_applied_twice<B: CacheInvalidationBus>(bus: Arc<FaultyBus<B>>) {
    let (a, mut b) = two(&bus);
    b.hold(&KEYS);
    bus.duplicate_next();
    a.cache.invalidate_tag("twice").await.unwrap();
    for _ in 0..2 {
        assert_eq!(b.remote().await.tag(), Some("twice"));
    }
    let stats = b.stats();
    assert_eq!(stats.distributed_invalidations_duplicated, 1);
    assert_eq!((stats.distributed_invalidations_received, stats.distributed_invalidations_applied), (2, 2));
    assert!(!stats.has_distributed_invalidation_bus_issues());
    assert_eq!(b.held(&KEYS), KEYS);
    assert_linked(&a, &mut b).await;
}

async fn messages_that_overtake_each_other_leave_nothing_stale<B: CacheInvalidationBus>(
    bus: Arc<FaultyBus<B>>,
) {
    let (a, mut b) = two(&bus);
    for _ in 0..20 {
        b.hold(&KEYS);
        bus.swap_next();
        a.cache.remove("0").await.unwrap();
        a.cache.remove("1").await.unwrap();
        b.caught_up_with(&a).await;
        assert_eq!(b.held(&["0", "1"]), [""; 0]);
    }
    let stats = b.stats();
    assert!(stats.distributed_invalidation_gaps > 0, "{stats:?}");
    assert!(stats.distributed_invalidations_received >= 40, "{stats:?}");
}

async fn a_replay_that_fails_costs_a_flush<B: CacheInvalidationBus>(bus: Arc<FaultyBus<B>>) {
    let (a, mut b) = two(&bus);
    b.hold(&KEYS);
    bus.drop_next(1);
    bus.fail_replays(1);
    a.cache.remove("0").await.unwrap();
    a.cache.invalidate_tag("next").await.unwrap();
    b.remote_of(Flushed).await;
    assert_eq!(b.held(&KEYS), [""; 0]);
    let stats = b.stats();
    assert_eq!((stats.distributed_invalidation_gaps, stats.distributed_invalidation_flushes), (1, 1));
    assert_eq!(stats.distributed_invalidations_repaired, 0);
}

async fn a_subscription_that_ends_is_begun_again<B: CacheInvalidationBus>(bus: Arc<FaultyBus<B>>) {
    let (mut a, mut b) = two(&bus);
    a.cache.invalidate_tag("before").await.unwrap();
    b.remote().await;
    b.hold(&KEYS);
    for _ in 0..3 {
        bus.close_receivers();
        // Each of them has begun again before the next end.
        assert_linked(&a, &mut b).await;
        assert_linked(&b, &mut a).await;
    }
    assert_eq!(b.held(&KEYS), KEYS, "nothing was missed");
    for node in [&a, &b] {
        let stats = node.stats();
        assert_eq!(stats.distributed_invalidation_receivers_closed, 3);
        assert!(stats.has_distributed_invalidation_bus_issues());
    }
    assert_eq!(b.stats().distributed_invalidation_flushes, 0);
}

async fn what_was_missed_between_two_subscriptions_is_repaired<B: CacheInvalidationBus>(
    bus: Arc<FaultyBus<B>>,
) {
    let (a, mut b) = two(&bus);
    b.hold(&KEYS);
    b.caught_up_with(&a).await;
    bus.close_receivers();
    // It begins anew when time has passed; until then nothing reaches it.
    a.cache.remove("0").await.unwrap();
    a.cache.remove("1").await.unwrap();
    for key in ["0", "1"] {
        assert_eq!(b.remote_of(Removed).await.key(), Some(key));
    }
    assert_eq!(b.held(&KEYS), ["2", "other"]);
    let stats = b.stats();
    assert_eq!(stats.distributed_invalidation_receivers_closed, 1);
    assert_eq!(stats.distributed_invalidation_flushes, 0);
}

async fn what_was_lost_between_two_subscriptions_costs_a_flush<B: CacheInvalidationBus>(
    bus: Arc<FaultyBus<B>>,
) {
    let (a, mut b) = two(&bus);
    b.hold(&KEYS);
    b.caught_up_with(&a).await;
    bus.close_receivers();
    bus.lose_next(1);
    a.cache.remove("0").await.unwrap();
    a.cache.remove("1").await.unwrap();
    b.remote_of(Flushed).await;
    b.caught_up_with(&a).await;
    assert_eq!(b.held(&KEYS), [""; 0]);
}

async fn everything_at_once_leaves_nothing_stale<B: CacheInvalidationBus>(bus: Arc<FaultyBus<B>>) {
    let (a, mut b) = two(&bus);
    for round in 0..10 {
        b.hold(&KEYS);
        bus.hold();
        bus.duplicate_next();
        bus.swap_next();
        bus.drop_next(2);
        bus.lose_next(round % 2);
        bus.fail_next(1);
        bus.fail_late_next(1);
        bus.fail_replays(round % 3);
        for key in ["0", "1", "2"] {
            a.cache.remove(key).fire();
        }
        driven(&a.clock, a.cache.invalidate_tag("last")).await.ok();
        bus.close_receivers();
        bus.release().await.unwrap();
        b.caught_up_with(&a).await;
        assert_eq!(b.held(&["0", "1", "2"]), [""; 0], "in round {round}");
    }
    assert_linked(&a, &mut b).await;
}
