//! Buses that others write: ten lines that work, ends without end, and panics in every method.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use hydracache_runtime::CacheEventKind::{Flushed, Removed};
use hydracache_runtime::{
    CacheInvalidation, CacheInvalidationBus, CacheInvalidationMessage, CacheInvalidationReceive,
    CacheInvalidationReceiver, CacheResult, ErrorKind, HydraCache,
};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::bus_doubles::Bent;
use crate::bus_support::{assert_linked, driven, join, two};
use crate::support::{plain, soon};

const KEYS: [&str; 2] = ["k", "l"];

/// What a program would write first: a channel.
#[derive(Debug)]
struct Channel(broadcast::Sender<CacheInvalidationMessage>);

struct ChannelReceiver(broadcast::Receiver<CacheInvalidationMessage>);

#[async_trait]
impl CacheInvalidationBus for Channel {
    async fn publish(&self, message: CacheInvalidationMessage) -> CacheResult<()> {
        let _ = self.0.send(message);
        Ok(())
    }

    fn subscribe(&self) -> Box<dyn CacheInvalidationReceiver> {
        Box::new(ChannelReceiver(self.0.subscribe()))
    }
}

#[async_trait]
impl CacheInvalidationReceiver for ChannelReceiver {
    async fn recv(&mut self) -> CacheInvalidationReceive {
        match self.0.recv().await {
            Ok(message) => CacheInvalidationReceive::Message(message),
            Err(RecvError::Lagged(missed)) => CacheInvalidationReceive::Lagged(missed),
            Err(RecvError::Closed) => CacheInvalidationReceive::Closed,
        }
    }
}

#[tokio::test]
async fn a_bus_of_ten_lines_carries_invalidations() {
    let bus = Arc::new(Channel(broadcast::channel(4_096).0));
    let (a, mut b) = two(&bus);
    b.hold(&KEYS);
    a.cache.remove("k").await.unwrap();
    assert_eq!(b.remote_of(Removed).await.key(), Some("k"));
    assert_eq!(b.held(&KEYS), ["l"]);
    assert_linked(&a, &mut b).await;
    assert_linked(&b, &mut { a }).await;
}

/// It keeps nothing and tells no positions, so whoever comes late or misses something starts from nothing.
#[tokio::test]
async fn a_bus_that_keeps_nothing_costs_flushes_and_nothing_else() {
    let bus = Arc::new(Channel(broadcast::channel(4_096).0));
    let (a, mut b) = two(&bus);
    for _ in 0..3 {
        a.cache.invalidate_tag("before").await.unwrap();
    }
    b.caught_up_with(&a).await;
    let mut late = join(&bus, &a.clock, "late");
    late.hold(&KEYS);
    a.cache.remove("k").await.unwrap();
    late.caught_up_with(&a).await;
    assert_eq!(late.held(&["k"]), [""; 0]);
    late.hold(&KEYS);
    assert_linked(&a, &mut late).await;
    assert_eq!(late.held(&KEYS), KEYS);
}

#[tokio::test]
async fn a_bus_may_be_given_away_to_one_cache() {
    let (sender, mut receiver) = broadcast::channel(8);
    let cache = HydraCache::local().invalidation_bus(Channel(sender)).invalidation_node_id("alone").build();
    cache.flush().await.unwrap();
    let mut received = soon(receiver.recv()).await.unwrap();
    if received.sequence() == 0 {
        // The position it began at may come first.
        received = soon(receiver.recv()).await.unwrap();
    }
    assert_eq!((received.publisher(), received.sequence()), ("alone", 1));
    assert_eq!(received.invalidation(), &CacheInvalidation::Flush);
}

/// Nothing is ever received, and a cache with such a bus works as one without.
#[tokio::test]
async fn a_receiver_that_is_always_closed_is_asked_again_only_as_time_passes() {
    let bus = Arc::new(Bent::new().subscribing(|_| false));
    let (a, b) = two(&bus);
    for n in 0..500_u32 {
        a.cache.put(n.to_string(), n, plain()).await.unwrap();
        a.cache.remove(n.to_string()).await.unwrap();
    }
    assert!(bus.subscriptions() <= 4, "no time has passed, and {} have subscribed", bus.subscriptions());
    let stats = a.stats();
    assert_eq!(stats.distributed_invalidations_published, 500);
    assert_eq!(stats.distributed_invalidations_received, 0);
    let clock = a.clock.clone();
    // The clock moves whenever this has to wait.
    driven(&clock, async {
        while bus.subscriptions() < 20 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(a.stats().distributed_invalidation_receivers_closed > 1);
    assert!(a.stats().has_distributed_invalidation_bus_issues());
    drop(b);
}

#[tokio::test]
async fn a_subscription_that_opens_late_is_waited_for() {
    let bus = Arc::new(Bent::new().subscribing(|before| before >= 8));
    let (a, mut b) = two(&bus);
    b.hold(&KEYS);
    assert_linked(&a, &mut b).await;
}

#[tokio::test]
async fn a_bus_that_panics_when_it_publishes_is_tried_again() {
    let calls = AtomicU64::new(0);
    let bus = Bent::new().publishing(move |message| {
        let counts = *message.invalidation() != CacheInvalidation::Position;
        assert!(!counts || calls.fetch_add(1, Ordering::SeqCst) % 3 == 2, "two of three publications panic");
        Ok(vec![message])
    });
    let (a, mut b) = two(&Arc::new(bus));
    b.hold(&KEYS);
    a.cache.remove("k").fire();
    assert_eq!(b.remote_of(Removed).await.key(), Some("k"));
    let error = driven(&a.clock, a.cache.remove("l")).await;
    assert!(error.is_ok() || error.unwrap_err().kind() == ErrorKind::NotConfirmed);
    assert_eq!(b.remote_of(Removed).await.key(), Some("l"));
    assert!(a.stats().distributed_invalidation_publish_failures > 0);
}

#[tokio::test]
async fn a_bus_that_panics_when_it_receives_is_subscribed_to_again() {
    let calls = AtomicU64::new(0);
    let bus = Bent::new().receiving(move |received| {
        assert!(calls.fetch_add(1, Ordering::SeqCst) % 3 == 2, "two of three receptions panic");
        vec![received]
    });
    let (a, mut b) = two(&Arc::new(bus));
    b.hold(&KEYS);
    a.cache.remove("k").fire();
    b.until(|event| event.kind() == Flushed || event.key() == Some("k")).await;
    assert_eq!(b.held(&["k"]), [""; 0]);
    assert_linked(&a, &mut b).await;
    assert!(b.stats().distributed_invalidation_receivers_closed > 0);
}

#[tokio::test]
async fn a_bus_that_panics_when_it_is_subscribed_to_again_is_tried_once_more() {
    let ends = AtomicU64::new(0);
    let bus = Bent::new()
        .receiving(move |received| match ends.fetch_add(1, Ordering::SeqCst) {
            2 => vec![CacheInvalidationReceive::Closed],
            _ => vec![received],
        })
        .subscribing(|before| {
            assert!(!(2..4).contains(&before), "two subscriptions panic");
            true
        });
    let (a, mut b) = two(&Arc::new(bus));
    b.hold(&KEYS);
    assert_linked(&a, &mut b).await;
    assert_linked(&b, &mut { a }).await;
}

#[tokio::test]
async fn a_bus_that_panics_when_it_is_asked_for_positions_is_tried_once_more() {
    let (ends, asked) = (AtomicU64::new(0), AtomicU64::new(0));
    let bus = Bent::new()
        .receiving(move |received| match ends.fetch_add(1, Ordering::SeqCst) {
            2 => vec![CacheInvalidationReceive::Closed],
            _ => vec![received],
        })
        .beginning(move |positions| {
            assert!(!(2..4).contains(&asked.fetch_add(1, Ordering::SeqCst)), "two answers panic");
            positions
        });
    let (a, mut b) = two(&Arc::new(bus));
    b.hold(&KEYS);
    assert_linked(&a, &mut b).await;
    assert_linked(&b, &mut { a }).await;
}

#[tokio::test]
async fn a_bus_that_panics_when_it_replays_costs_a_flush() {
    let bus = Bent::new()
        .receiving(|received| match received {
            CacheInvalidationReceive::Message(message) if message.sequence() == 1 => Vec::new(),
            received => vec![received],
        })
        .replaying(|_| panic!("a replay panics"));
    let (a, mut b) = two(&Arc::new(bus));
    b.hold(&KEYS);
    a.cache.remove("k").await.unwrap();
    a.cache.invalidate_tag("next").await.unwrap();
    b.remote_of(Flushed).await;
    assert_eq!(b.held(&KEYS), [""; 0]);
    assert_linked(&a, &mut b).await;
}

/// Written without the macro, so that it fails before there is a future.
#[derive(Debug)]
struct Hasty {
    inner: Bent,
    panics: AtomicU64,
}

impl Hasty {
    fn may_panic(&self) {
        let left = self.panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        assert!(left.is_err(), "it panics before it gives out a future");
    }
}

impl CacheInvalidationBus for Hasty {
    fn publish<'bus, 'future>(
        &'bus self,
        message: CacheInvalidationMessage,
    ) -> Pin<Box<dyn Future<Output = CacheResult<()>> + Send + 'future>>
    where
        'bus: 'future,
        Self: 'future,
    {
        self.may_panic();
        self.inner.publish(message)
    }

    fn subscribe(&self) -> Box<dyn CacheInvalidationReceiver> {
        self.inner.subscribe()
    }
}

#[tokio::test]
async fn a_bus_that_panics_before_it_gives_out_a_future_is_tried_again() {
    let bus = Arc::new(Hasty { inner: Bent::new(), panics: AtomicU64::new(0) });
    let (a, mut b) = two(&bus);
    b.caught_up_with(&a).await;
    b.hold(&KEYS);
    bus.panics.store(3, Ordering::SeqCst);
    a.cache.remove("k").fire();
    b.until(|event| event.kind() == Flushed || event.key() == Some("k")).await;
    assert_eq!(b.held(&["k"]), [""; 0]);
    assert_linked(&a, &mut b).await;
}
