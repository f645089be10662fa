//! Caches that share a bus and a clock, and the ways in which their tests wait for what travels between them.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Instant;

use hydracache_runtime::testing::{FaultyBus, ManualClock};
use hydracache_runtime::{
    CacheEvent, CacheEventKind, CacheEventOrigin, CacheEvents, CacheInvalidationBus, CacheStats, HydraCache,
    InMemoryFramedInvalidationBus, InMemoryInvalidationBus,
};

use crate::support::{plain, seconds, soon, tagged};

/// Makes a test of each function over each bus that comes with the crate, with and without faults to come.
macro_rules! over_every_bus {
    ($($test:ident,)*) => {
        over_every_bus! { @each in_memory, crate::bus_support::in_memory(4_096); $($test,)* }
        over_every_bus! { @each framed, crate::bus_support::framed(4_096); $($test,)* }
        over_every_bus! { @each faulty_in_memory, crate::bus_support::faulty_in_memory(4_096); $($test,)* }
        over_every_bus! { @each faulty_framed, crate::bus_support::faulty_framed(4_096); $($test,)* }
    };
    (@each $name:ident, $make:expr; $($test:ident,)*) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test($make).await;
                }
            )*
        }
    };
}

/// Makes two tests of each function, over a bus of messages and one of bytes, both of which go wrong when they are told to.
macro_rules! over_both_faulty_buses {
    ($($test:ident,)*) => {
        over_every_bus! { @each in_memory, crate::bus_support::faulty_in_memory(4_096); $($test,)* }
        over_every_bus! { @each framed, crate::bus_support::faulty_framed(4_096); $($test,)* }
    };
}

pub(crate) fn in_memory(capacity: usize) -> Arc<InMemoryInvalidationBus> {
    Arc::new(InMemoryInvalidationBus::new(capacity))
}

pub(crate) fn framed(capacity: usize) -> Arc<InMemoryFramedInvalidationBus> {
    Arc::new(InMemoryFramedInvalidationBus::for_cluster("tests", capacity))
}

pub(crate) fn faulty_in_memory(capacity: usize) -> Arc<FaultyBus<InMemoryInvalidationBus>> {
    Arc::new(FaultyBus::new(InMemoryInvalidationBus::new(capacity)))
}

pub(crate) fn faulty_framed(capacity: usize) -> Arc<FaultyBus<InMemoryFramedInvalidationBus>> {
    Arc::new(FaultyBus::new(InMemoryFramedInvalidationBus::for_cluster("tests", capacity)))
}

/// A cache on a bus, and somebody who hears of each of its changes.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) cache: HydraCache,
    pub(crate) events: CacheEvents,
    pub(crate) clock: ManualClock,
}

/// A cache under this name that tells the time by this clock.
pub(crate) fn join(bus: &Arc<impl CacheInvalidationBus>, clock: &ManualClock, id: &str) -> Node {
    let bus = Arc::clone(bus) as Arc<dyn CacheInvalidationBus>;
    let builder = HydraCache::local().clock(clock.clone()).event_buffer_capacity(100_000);
    let cache = builder.shared_invalidation_bus(bus).invalidation_node_id(id).build();
    Node { events: cache.subscribe_mutations(), cache, clock: clock.clone() }
}

/// Caches named `a` and `b` that share a clock.
pub(crate) fn two(bus: &Arc<impl CacheInvalidationBus>) -> (Node, Node) {
    let clock = ManualClock::new();
    (join(bus, &clock, "a"), join(bus, &clock, "b"))
}

/// Caches named `a`, `b` and `c` that share a clock.
pub(crate) fn three(bus: &Arc<impl CacheInvalidationBus>) -> [Node; 3] {
    three_of(bus, "")
}

/// Three caches whose names begin with `round`, for a test that uses one bus several times.
pub(crate) fn three_of(bus: &Arc<impl CacheInvalidationBus>, round: &str) -> [Node; 3] {
    let clock = ManualClock::new();
    ["a", "b", "c"].map(|id| join(bus, &clock, &format!("{round}{id}")))
}

/// Waits for something that needs time to pass, and lets it pass second by second meanwhile.
pub(crate) async fn driven<F: Future>(clock: &ManualClock, future: F) -> F::Output {
    let mut future = pin!(future);
    let began = Instant::now();
    loop {
        let polled = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
        if let Poll::Ready(output) = polled {
            return output;
        }
        assert!(began.elapsed() < seconds(30), "it does not come however much time passes");
        let waiting = clock.alarms();
        clock.advance(seconds(1));
        // What the clock woke runs on other threads and in other tasks. Time passes no faster than they follow, else
        // whoever gets no processor for a while has missed more than a bus keeps.
        for _ in 0..200 {
            thread::yield_now();
            tokio::task::yield_now().await;
            if clock.alarms() >= waiting {
                break;
            }
        }
    }
}

impl Node {
    pub(crate) fn stats(&self) -> CacheStats {
        self.cache.stats()
    }

    /// Stores a value under each key, with the tag `t`, and forgets the events of it.
    pub(crate) fn hold(&mut self, keys: &[&str]) {
        for key in keys {
            self.cache.put(key, 1_u8, tagged("t")).local().unwrap();
        }
        let stored = crate::support::kinds(&mut self.events);
        assert!(stored.len() >= keys.len());
    }

    /// Which of these keys can be read.
    pub(crate) fn held<'a>(&self, keys: &[&'a str]) -> Vec<&'a str> {
        let held = |key: &&&str| self.cache.peek::<u8>(key).unwrap().is_some();
        keys.iter().filter(held).copied().collect()
    }

    /// Waits for the next event that came from another node, while time passes.
    pub(crate) async fn remote(&mut self) -> CacheEvent {
        self.until(|event| event.origin() == CacheEventOrigin::DistributedBus).await
    }

    /// Waits until another node's invalidation of this kind is applied here, while time passes.
    pub(crate) async fn remote_of(&mut self, kind: CacheEventKind) -> CacheEvent {
        self.until(|event| event.origin() == CacheEventOrigin::DistributedBus && event.kind() == kind).await
    }

    /// As `remote_of`, while time stands still. So no position is told meanwhile, and where the machine is slow, none can
    /// push off the bus what was not received yet.
    pub(crate) async fn remote_by_itself(&mut self, kind: CacheEventKind) -> CacheEvent {
        loop {
            let event = soon(self.events.recv()).await.unwrap();
            if event.origin() == CacheEventOrigin::DistributedBus && event.kind() == kind {
                return event;
            }
        }
    }

    pub(crate) async fn until(&mut self, is_it: impl Fn(&CacheEvent) -> bool) -> CacheEvent {
        let clock = self.clock.clone();
        driven(&clock, async {
            loop {
                let event = self.events.recv().await.unwrap();
                if is_it(&event) {
                    return event;
                }
            }
        })
        .await
    }

    /// Waits until none of the keys can be read here any more.
    pub(crate) async fn lose(&mut self, keys: &[&str]) {
        let clock = self.clock.clone();
        while !self.held(keys).is_empty() {
            driven(&clock, self.events.recv()).await.unwrap();
        }
    }

    /// Waits until everything that `other` has published is applied here, and returns what came before that.
    pub(crate) async fn caught_up_with(&mut self, other: &Node) -> Vec<CacheEvent> {
        let mut before = Vec::new();
        // What is missing before the first is repaired when the second comes.
        for _ in 0..2 {
            before.extend(self.hear_of(other).await);
        }
        before
    }

    /// Lets `other` publish something and waits for it. Should a flush swallow it, it is published again.
    async fn hear_of(&mut self, other: &Node) -> Vec<CacheEvent> {
        static FENCES: AtomicU64 = AtomicU64::new(0);
        let mut before = Vec::new();
        let clock = self.clock.clone();
        loop {
            let fence = format!("fence {}", FENCES.fetch_add(1, Ordering::Relaxed));
            other.cache.invalidate_tag(&fence).fire();
            loop {
                let event = driven(&clock, self.events.recv()).await.unwrap();
                let (is_it, swallowed) =
                    (event.tag() == Some(&*fence), event.kind() == CacheEventKind::Flushed);
                if is_it {
                    return before;
                }
                before.push(event);
                if swallowed {
                    break;
                }
            }
        }
    }
}

/// Waits until everybody has applied what everybody published.
pub(crate) async fn settled(nodes: &mut [Node]) {
    for receiver in 0..nodes.len() {
        for publisher in 0..nodes.len() {
            if receiver != publisher {
                let [receiver, publisher] = nodes.get_disjoint_mut([receiver, publisher]).unwrap();
                receiver.caught_up_with(publisher).await;
            }
        }
    }
}

/// Asserts that `to` learns what `from` invalidates, as if nothing had happened before.
pub(crate) async fn assert_linked(from: &Node, to: &mut Node) {
    for round in 0..3_u8 {
        let key = format!("linked {round}");
        to.cache.put(&key, 1_u8, plain()).local().unwrap();
        driven(&to.clock.clone(), from.cache.remove(&key)).await.unwrap();
        to.lose(&[&key]).await;
    }
}
