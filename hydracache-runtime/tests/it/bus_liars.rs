//! Buses that lie about numbers, names and what they kept. No cache keeps what was invalidated elsewhere because of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hydracache_runtime::CacheEventKind::{Flushed, Removed};
use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{
    CacheInvalidation, CacheInvalidationMessage, CacheInvalidationReceive, CachePosition, Error,
};

use crate::bus_doubles::{Bent, Message};
use crate::bus_support::{Node, assert_linked, faulty_in_memory, in_memory, join, three, two};

const KEYS: [&str; 3] = ["0", "ns:1", "ns:1:2"];

/// Invalidates in every way, again and again, and checks that the others lose what they had.
async fn assert_nothing_stale(bus: Bent) -> [Node; 3] {
    let mut nodes = three(&Arc::new(bus));
    for round in 0..24 {
        let publisher = round % 3;
        for node in &mut nodes {
            node.hold(&KEYS);
        }
        let cache = &nodes[publisher].cache;
        let taken = match round % 5 {
            0 => (cache.remove("0").fire(), &KEYS[..1]).1,
            1 => (cache.expire_key("ns:1").fire(), &KEYS[1..2]).1,
            2 => (cache.invalidate_tag("t").fire(), &KEYS[..]).1,
            3 => (cache.invalidate_prefix("ns:1").fire(), &KEYS[1..]).1,
            _ => (cache.flush().fire(), &KEYS[..]).1,
        };
        for node in &mut nodes {
            node.lose(taken).await;
        }
    }
    nodes
}

/// A message that says it is another.
fn renumbered(message: &Message, sequence: u64) -> Message {
    let (publisher, generation) = (message.publisher(), message.generation());
    CacheInvalidationMessage::new(publisher, generation, sequence, message.invalidation().clone())
}

/// A bus on which each message has the number that `number` makes of its own.
fn numbering(number: impl Fn(u64) -> u64 + Send + Sync + 'static) -> Bent {
    Bent::new().publishing(move |message| Ok(vec![renumbered(&message, number(message.sequence()))]))
}

#[tokio::test]
async fn an_honest_bus_is_no_liar() {
    let nodes = assert_nothing_stale(Bent::new()).await;
    for node in &nodes {
        assert!(!node.stats().has_distributed_invalidation_bus_issues());
        assert_eq!(node.stats().distributed_invalidation_flushes, 0);
    }
}

#[tokio::test]
async fn numbers_that_go_backwards_do_no_harm() {
    assert_nothing_stale(numbering(|sequence| 1_000_000 - sequence)).await;
}

#[tokio::test]
async fn numbers_that_jump_do_no_harm() {
    let nodes = assert_nothing_stale(numbering(|sequence| sequence.wrapping_mul(1 << 60))).await;
    assert!(nodes.iter().any(|node| node.stats().distributed_invalidation_gaps > 0));
    assert_nothing_stale(numbering(
        |sequence| if sequence % 4 == 3 { sequence + (1 << 60) } else { sequence },
    ))
    .await;
}

#[tokio::test]
async fn numbers_that_repeat_do_no_harm() {
    let nodes = assert_nothing_stale(numbering(|_| 1)).await;
    assert!(nodes.iter().all(|node| node.stats().distributed_invalidations_duplicated > 0));
    assert_nothing_stale(numbering(|sequence| sequence / 3 + 1)).await;
}

#[tokio::test]
async fn numbers_of_zero_do_no_harm() {
    assert_nothing_stale(numbering(|_| 0)).await;
}

#[tokio::test]
async fn the_highest_number_does_no_harm() {
    assert_nothing_stale(numbering(|_| u64::MAX)).await;
    assert_nothing_stale(numbering(|sequence| u64::MAX - 10 + sequence % 11)).await;
}

#[tokio::test]
async fn numbers_without_any_order_do_no_harm() {
    let state = AtomicU64::new(42);
    let number = move |_| {
        let next = state.load(Ordering::SeqCst).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.store(next, Ordering::SeqCst);
        next >> (next % 64)
    };
    assert_nothing_stale(numbering(number)).await;
}

#[tokio::test]
async fn positions_that_are_too_far_do_no_harm() {
    let lie = |message: Message| {
        let honest = *message.invalidation() != CacheInvalidation::Position;
        Ok(vec![if honest { message } else { renumbered(&message, u64::MAX - message.sequence()) }])
    };
    assert_nothing_stale(Bent::new().publishing(lie)).await;
}

#[tokio::test]
async fn generations_that_change_with_each_message_do_no_harm() {
    let generation = AtomicU64::new(1);
    let lie = move |message: Message| {
        let generation = generation.fetch_add(1, Ordering::SeqCst);
        let (publisher, sequence) = (message.publisher().to_owned(), message.sequence());
        Ok(vec![CacheInvalidationMessage::new(publisher, generation, sequence, message.into_invalidation())])
    };
    assert_nothing_stale(Bent::new().publishing(lie)).await;
}

#[tokio::test]
async fn publishers_that_are_made_up_do_no_harm() {
    let named = |name: fn(u64) -> String| {
        let made_up = AtomicU64::new(0);
        Bent::new().publishing(move |message: Message| {
            let name = name(made_up.fetch_add(1, Ordering::SeqCst));
            let (generation, sequence) = (message.generation(), message.sequence());
            Ok(vec![CacheInvalidationMessage::new(name, generation, sequence, message.into_invalidation())])
        })
    };
    assert_nothing_stale(named(|n| format!("liar {n}"))).await;
    assert_nothing_stale(named(|_| "all of us".to_owned())).await;
    // Under the name of a receiver, but not in its incarnation.
    assert_nothing_stale(named(|n| ["a", "b", "c"][usize::try_from(n % 3).unwrap()].to_owned())).await;
}

#[tokio::test]
async fn subscriptions_that_lie_about_where_they_begin_do_no_harm() {
    let lies: [fn(Vec<CachePosition>) -> Vec<CachePosition>; 3] = [
        |_| Vec::new(),
        |mut positions| {
            positions.pop();
            positions
        },
        |positions| {
            let doubled = positions.clone().into_iter().chain(positions);
            doubled.chain([CachePosition::new("", 0, 0), CachePosition::new("nobody", 9, 9)]).collect()
        },
    ];
    for lie in lies {
        let received = AtomicU64::new(0);
        // Every fifth message ends the subscription it came by, and is lost with it.
        let close = move |message| {
            let closes = received.fetch_add(1, Ordering::SeqCst) % 5 == 4;
            vec![if closes { CacheInvalidationReceive::Closed } else { message }]
        };
        assert_nothing_stale(Bent::new().receiving(close).beginning(lie)).await;
    }
    let beyond =
        |position: CachePosition| CachePosition::new(position.publisher(), position.generation(), u64::MAX);
    let far = move |positions: Vec<_>| positions.into_iter().map(beyond).collect();
    assert_nothing_stale(Bent::new().beginning(far)).await;
}

#[tokio::test]
async fn what_is_given_out_again_is_checked() {
    type Lie = fn(Option<Vec<Message>>) -> Result<Option<Vec<Message>>, Error>;
    let lies: [(&str, Lie); 6] = [
        ("nothing", |_| Ok(Some(Vec::new()))),
        ("it does not know", |_| Ok(None)),
        ("it fails", |_| Err(Error::Backend("not today"))),
        ("the last is missing", |kept| Ok(kept.map(|kept| kept[..kept.len() - 1].to_vec()))),
        ("others", |kept| Ok(kept.map(|kept| kept.iter().map(|one| renumbered(one, 999)).collect()))),
        ("of somebody else", |kept| {
            let other = |one: Message| {
                let (generation, sequence) = (one.generation(), one.sequence());
                CacheInvalidationMessage::new("else", generation, sequence, one.into_invalidation())
            };
            Ok(kept.map(|kept| kept.into_iter().map(other).collect()))
        }),
    ];
    for (what, lie) in lies {
        // The first two messages that a cache publishes are received by nobody.
        let drop = |received| match received {
            CacheInvalidationReceive::Message(message) if (1..=2).contains(&message.sequence()) => Vec::new(),
            received => vec![received],
        };
        let (a, mut b) = two(&Arc::new(Bent::new().receiving(drop).replaying(lie)));
        b.hold(&KEYS);
        for key in KEYS {
            a.cache.remove(key).await.unwrap();
        }
        b.lose(&KEYS).await;
        b.caught_up_with(&a).await;
        let stats = b.stats();
        assert!(stats.distributed_invalidation_flushes > 0, "{what}: {stats:?}");
        assert_eq!(stats.distributed_invalidations_repaired, 0, "{what}");
    }
}

#[tokio::test]
async fn two_caches_under_one_name_hear_each_other() {
    let (bus, clock) = (in_memory(4_096), ManualClock::new());
    let mut twins = [join(&bus, &clock, "twin"), join(&bus, &clock, "twin"), join(&bus, &clock, "twin")];
    for _ in 0..5 {
        for publisher in 0..3 {
            for receiver in (0..3).filter(|receiver| *receiver != publisher) {
                let [from, to] = twins.get_disjoint_mut([publisher, receiver]).unwrap();
                assert_linked(from, to).await;
            }
        }
    }
    for twin in &twins {
        assert_eq!(twin.stats().distributed_invalidation_flushes, 0, "their numbers are not confused");
    }
}

#[tokio::test]
async fn a_publisher_that_is_started_again_is_heard_from_its_first_message_on() {
    let (bus, clock) = (in_memory(4_096), ManualClock::new());
    let mut b = join(&bus, &clock, "b");
    for _ in 0..3 {
        let a = join(&bus, &clock, "a");
        assert_linked(&a, &mut b).await;
        b.hold(&KEYS);
        a.cache.remove("0").await.unwrap();
        assert_eq!(b.remote_of(Removed).await.key(), Some("0"));
        assert_eq!(b.held(&KEYS), KEYS[1..]);
    }
    let stats = b.stats();
    assert_eq!((stats.distributed_invalidation_flushes, stats.distributed_invalidations_duplicated), (0, 0));
}

#[tokio::test]
async fn what_a_publisher_said_last_before_it_was_started_again_is_not_forgotten() {
    let (bus, clock) = (faulty_in_memory(4_096), ManualClock::new());
    let (a, mut b) = (join(&bus, &clock, "a"), join(&bus, &clock, "b"));
    b.hold(&KEYS);
    b.caught_up_with(&a).await;
    bus.drop_next(1);
    a.cache.remove("0").await.unwrap();
    drop(a);
    let again = join(&bus, &clock, "a");
    b.lose(&KEYS[..1]).await;
    assert_eq!(b.held(&KEYS), KEYS[1..], "it was repaired");
    drop(again);
    // A bus that keeps nothing cannot say what is missing.
    let lossy = Bent::new().replaying(|_| Ok(None)).receiving(|received| match received {
        CacheInvalidationReceive::Message(message)
            if *message.invalidation() == CacheInvalidation::Key("lost".into()) =>
        {
            Vec::new()
        }
        received => vec![received],
    });
    let (bus, clock) = (Arc::new(lossy), ManualClock::new());
    let (a, mut b) = (join(&bus, &clock, "a"), join(&bus, &clock, "b"));
    b.hold(&KEYS);
    b.caught_up_with(&a).await;
    a.cache.remove("lost").await.unwrap();
    drop(a);
    let again = join(&bus, &clock, "a");
    b.remote_of(Flushed).await;
    assert_linked(&again, &mut b).await;
}
