//! A bus under test, and a publisher that nobody else is.

use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::ops::RangeInclusive;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::invalidation::{
    CacheInvalidation, CacheInvalidationBus, CacheInvalidationMessage, CacheInvalidationReceive,
    CacheInvalidationReceiver, CachePosition,
};

/// Makes a bus that keeps so many messages.
pub type Make<'a> = &'a dyn Fn(usize) -> Arc<dyn CacheInvalidationBus>;

/// How long anything may take before the bus counts as stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// When the bus counts as stuck.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub(super) fn new() -> Self {
        Self(Instant::now() + PATIENCE)
    }

    /// What is left; panics when nothing is.
    pub(super) fn left(self) -> Duration {
        let left = self.0.checked_duration_since(Instant::now());
        left.expect("the bus did not do within half a minute what it was waited for")
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread, outside of any runtime.
pub(super) fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let deadline = Deadline::new();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park_timeout(deadline.left());
    }
}

/// A bus under test, and one incarnation of one publisher.
#[derive(Clone)]
pub(super) struct Bench {
    pub(super) bus: Arc<dyn CacheInvalidationBus>,
    pub(super) publisher: String,
    pub(super) generation: u64,
}

impl Bench {
    pub(super) fn new(make: Make<'_>, capacity: usize) -> Self {
        Self::of(make(capacity))
    }

    /// Another publisher on the same bus.
    pub(super) fn of(bus: Arc<dyn CacheInvalidationBus>) -> Self {
        let [name, generation] = [(); 2].map(|()| RandomState::new().hash_one(0));
        Self { bus, publisher: format!("node-{name:016x}"), generation }
    }

    /// The same publisher after it began anew.
    pub(super) fn restarted(&self) -> Self {
        Self { generation: self.generation.wrapping_add(1), ..self.clone() }
    }

    pub(super) fn message(&self, sequence: u64, what: CacheInvalidation) -> CacheInvalidationMessage {
        CacheInvalidationMessage::new(&self.publisher, self.generation, sequence, what)
    }

    /// The message that [`publish`](Self::publish) publishes under a number.
    pub(super) fn numbered(&self, sequence: u64) -> CacheInvalidationMessage {
        self.message(sequence, CacheInvalidation::Key(format!("key:{sequence}")))
    }

    pub(super) async fn publish_message(&self, message: CacheInvalidationMessage) {
        self.bus.publish(message).await.expect("the bus takes messages");
    }

    pub(super) async fn publish(&self, sequences: RangeInclusive<u64>) {
        for sequence in sequences {
            self.publish_message(self.numbered(sequence)).await;
        }
    }

    pub(super) async fn replay(&self, sequences: RangeInclusive<u64>) -> Option<Vec<u64>> {
        let replayed = self.bus.replay(&self.publisher, self.generation, sequences).await;
        let messages = replayed.expect("the bus can be asked")?;
        for message in &messages {
            assert_eq!(*message, self.numbered(message.sequence()), "another message was replayed");
        }
        Some(messages.iter().map(CacheInvalidationMessage::sequence).collect())
    }

    pub(super) fn subscribe(&self) -> Reader {
        Reader { receiver: self.bus.subscribe(), publisher: self.publisher.clone() }
    }
}

/// A subscription that passes over what other tests publish.
pub(super) struct Reader {
    pub(super) receiver: Box<dyn CacheInvalidationReceiver>,
    publisher: String,
}

/// What a reader gets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Got {
    Message(CacheInvalidationMessage),
    Lagged(u64),
}

impl Reader {
    pub(super) async fn next(&mut self) -> Got {
        loop {
            let received = self.receiver.recv().await;
            if let Some(got) = self.of_this_test(received) {
                return got;
            }
        }
    }

    /// What was received, unless another test published it.
    pub(super) fn of_this_test(&self, received: CacheInvalidationReceive) -> Option<Got> {
        match received {
            CacheInvalidationReceive::Message(message) if message.publisher() == self.publisher => {
                Some(Got::Message(message))
            }
            CacheInvalidationReceive::Message(_) => None,
            CacheInvalidationReceive::Lagged(missed) => Some(Got::Lagged(missed)),
            CacheInvalidationReceive::Undecodable(error) => panic!("something cannot be read: {error}"),
            CacheInvalidationReceive::Closed => panic!("the subscription ended while its bus is there"),
        }
    }

    pub(super) async fn next_message(&mut self) -> CacheInvalidationMessage {
        match self.next().await {
            Got::Message(message) => message,
            Got::Lagged(missed) => panic!("{missed} messages were missed although there was room"),
        }
    }

    /// Asserts that exactly these messages come next.
    pub(super) async fn expect(&mut self, bench: &Bench, sequences: RangeInclusive<u64>) {
        for sequence in sequences {
            assert_eq!(self.next_message().await, bench.numbered(sequence));
        }
    }

    /// How far the publisher of this test had published in each generation, or nothing if the bus cannot tell at all.
    pub(super) fn positions(&self) -> Option<Vec<CachePosition>> {
        let mut positions = self.receiver.positions();
        let tells = !positions.is_empty();
        positions.retain(|position| position.publisher() == self.publisher);
        positions.sort_by_key(CachePosition::generation);
        tells.then_some(positions)
    }
}
