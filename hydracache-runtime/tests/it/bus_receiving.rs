//! Receiving: outside of a runtime, too late, what cannot be read, and what others than caches publish.

use std::sync::{Arc, Mutex, mpsc};

use hydracache_runtime::CacheEventKind::{Flushed, Removed, TagInvalidated};
use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{
    CacheInvalidation, CacheInvalidationBus, CacheInvalidationFrame, CacheInvalidationMessage,
    CacheInvalidationReceive, ErrorKind, HydraCache,
};

use crate::bus_doubles::Bent;
use crate::bus_support::{assert_linked, faulty_framed, faulty_in_memory, framed, in_memory, join, two};
use crate::support::{plain, soon};

const KEYS: [&str; 4] = ["0", "1", "2", "other"];

/// A value whose end takes as long as the test wants, on the thread that takes it out.
#[derive(Clone)]
struct Slow(#[expect(dead_code, reason = "it acts when it is dropped")] Arc<Ending>);

struct Ending(Mutex<mpsc::Receiver<()>>);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.lock().unwrap().recv();
    }
}

#[tokio::test]
async fn a_cache_that_is_slow_drops_everything_and_says_so() {
    let (a, mut b) = two(&in_memory(4));
    b.hold(&KEYS);
    let (go, wait) = mpsc::channel();
    let slow = Slow(Arc::new(Ending(Mutex::new(wait))));
    b.cache.typed_memory_only("v").put("slow", slow, plain()).await.unwrap();
    a.cache.remove("v:slow").await.unwrap();
    for n in 0..50 {
        a.cache.remove(format!("absent {n}")).await.unwrap();
    }
    a.cache.remove("0").await.unwrap();
    for n in 0..50 {
        a.cache.remove(format!("absent {n}")).await.unwrap();
    }
    drop(go);
    b.remote_of(Flushed).await;
    assert_eq!(b.held(&KEYS), [""; 0]);
    b.caught_up_with(&a).await;
    let stats = b.stats();
    assert!(stats.distributed_invalidation_lag > 0, "{stats:?}");
    assert!(stats.distributed_invalidation_flushes > 0, "{stats:?}");
    assert!(stats.has_distributed_invalidation_bus_issues());
    assert_linked(&a, &mut b).await;
}

#[tokio::test]
async fn lag_is_repaired_where_the_bus_has_what_was_skipped() {
    let skip = |received| match received {
        CacheInvalidationReceive::Message(message)
            if message.sequence() == 1 && message.invalidation() != &CacheInvalidation::Position =>
        {
            vec![CacheInvalidationReceive::Lagged(1)]
        }
        received => vec![received],
    };
    let (a, mut b) = two(&Arc::new(Bent::new().receiving(skip)));
    b.hold(&KEYS);
    a.cache.remove("0").await.unwrap();
    assert_eq!(b.remote().await.key(), Some("0"));
    assert_eq!(b.held(&KEYS), ["1", "2", "other"]);
    let stats = b.stats();
    assert_eq!((stats.distributed_invalidation_lag, stats.distributed_invalidation_flushes), (1, 0));
    assert_eq!(stats.distributed_invalidations_repaired, 1);
    assert_linked(&a, &mut b).await;
}

#[tokio::test]
async fn noise_is_counted_and_the_frames_of_others_are_not() {
    let bus = framed(4_096);
    let (a, mut b) = two(&bus);
    b.hold(&KEYS);
    let foreign = |text: &str, what| {
        let message = CacheInvalidationMessage::new("elsewhere", 7, 1, what);
        CacheInvalidationFrame::new(text, message).encode().unwrap()
    };
    bus.publish_frame(foreign("another cluster", CacheInvalidation::Flush));
    bus.publish_frame("noise");
    bus.publish_frame("");
    let mut damaged = foreign("tests", CacheInvalidation::Flush).to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    bus.publish_frame(damaged);
    a.cache.invalidate_tag("next").await.unwrap();
    b.remote_of(TagInvalidated).await;
    assert_eq!(b.held(&KEYS), KEYS);
    let stats = b.stats();
    assert_eq!(stats.distributed_invalidation_decode_errors, 3);
    assert_eq!((stats.distributed_invalidations_received, stats.distributed_invalidation_gaps), (1, 0));
    assert!(stats.has_distributed_invalidation_bus_issues());
    let own = foreign("tests", CacheInvalidation::Key("0".to_owned()));
    bus.publish_frame(own);
    let event = b.remote_of(Removed).await;
    assert_eq!((event.key(), event.source()), (Some("0"), Some("elsewhere")));
    assert_eq!(b.held(&KEYS), ["1", "2", "other"]);
}

#[tokio::test]
async fn a_source_that_cannot_count_is_applied_whenever_it_speaks() {
    let bus = in_memory(4_096);
    let (a, mut b) = two(&bus);
    for _ in 0..3 {
        b.hold(&KEYS);
        let key = CacheInvalidation::Key("0".to_owned());
        bus.publish(CacheInvalidationMessage::unsequenced("a trigger", key)).await.unwrap();
        let event = b.remote_of(Removed).await;
        assert_eq!((event.key(), event.source()), (Some("0"), Some("a trigger")));
        assert_eq!(b.held(&KEYS), ["1", "2", "other"]);
    }
    let stats = b.stats();
    assert_eq!((stats.distributed_invalidations_received, stats.distributed_invalidation_gaps), (3, 0));
    drop(a);
}

#[tokio::test]
async fn keys_of_any_length_travel_in_frames() {
    let (a, mut b) = two(&faulty_framed(4_096));
    let longest = "k".repeat(hydracache_runtime::MAX_KEY_BYTES);
    b.hold(&[&longest]);
    a.cache.remove(&longest).await.unwrap();
    assert_eq!(b.remote_of(Removed).await.key(), Some(&*longest));
    let tag = "t".repeat(hydracache_runtime::MAX_TAG_BYTES);
    a.cache.invalidate_tag(&tag).await.unwrap();
    assert_eq!(b.remote_of(TagInvalidated).await.tag(), Some(&*tag));
    let error = a.cache.remove("k".repeat(2_000)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyTooLong);
}

#[tokio::test]
async fn a_cache_that_nobody_writes_to_hears_as_well() {
    let clock = ManualClock::new();
    let bus = faulty_in_memory(4_096);
    let a = join(&bus, &clock, "a");
    let mut b = join(&bus, &clock, "b");
    for _ in 0..3 {
        soon(a.cache.flush()).await.unwrap();
        assert_eq!(b.remote_of(Flushed).await.source(), Some("a"));
    }
}

#[test]
fn caches_with_a_bus_need_no_runtime() {
    let bus = in_memory(4_096);
    let clock = ManualClock::new();
    let (a, mut b) = (join(&bus, &clock, "a"), join(&bus, &clock, "b"));
    b.hold(&["k"]);
    a.cache.remove("k").fire();
    let event = b.events.recv_blocking().unwrap();
    assert_eq!((event.kind(), event.source()), (Removed, Some("a")));
    assert_eq!(b.held(&["k"]), [""; 0]);
}

#[tokio::test]
async fn a_cache_without_a_name_gets_one_of_its_own() {
    let bus = in_memory(4_096);
    let build = || HydraCache::local().shared_invalidation_bus(bus.clone()).build();
    let (a, b, c) = (build(), build(), build());
    let mut events = [b.subscribe(), c.subscribe()];
    a.invalidate_tag("t").await.unwrap();
    let sources = [soon(events[0].recv()).await.unwrap(), soon(events[1].recv()).await.unwrap()];
    let source = sources[0].source().unwrap();
    assert!(!source.is_empty() && Some(source) == sources[1].source());
    b.invalidate_tag("t").await.unwrap();
    let of_b = soon(events[1].recv()).await.unwrap();
    assert_ne!(of_b.source(), Some(source), "each has another");
}
