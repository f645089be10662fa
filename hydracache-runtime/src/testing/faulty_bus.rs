//! A bus that goes wrong when it is told to.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::mem;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::task::Poll;

use async_trait::async_trait;
use event_listener::Event;

use crate::error::{CacheResult, Error};
use crate::invalidation::{
    CacheInvalidation, CacheInvalidationBus, CacheInvalidationMessage, CacheInvalidationReceive,
    CacheInvalidationReceiver, CachePosition,
};
use crate::sync::{Arc, AtomicU64, Ordering, PlainMutex};

/// A [`CacheInvalidationBus`] around another that makes the faults a test asks for, and no others.
///
/// Faults concern invalidations in the order in which they are published. Messages that only tell a
/// [`Position`](CacheInvalidation::Position) are passed on untouched, except while everything is held back.
///
/// ```
/// use hydracache_runtime::testing::FaultyBus;
/// use hydracache_runtime::{
///     CacheInvalidation, CacheInvalidationBus, CacheInvalidationMessage, CacheInvalidationReceive,
///     CacheInvalidationReceiver, InMemoryInvalidationBus,
/// };
///
/// # async fn example() -> hydracache_runtime::CacheResult<()> {
/// let bus = FaultyBus::new(InMemoryInvalidationBus::default());
/// let mut receiver = bus.subscribe();
/// let message = |sequence| CacheInvalidationMessage::new("node-a", 7, sequence, CacheInvalidation::Flush);
/// bus.drop_next(1);
/// bus.publish(message(1)).await?;
/// bus.publish(message(2)).await?;
/// assert!(matches!(receiver.recv().await, CacheInvalidationReceive::Message(got) if got == message(2)));
/// assert_eq!(bus.replay("node-a", 7, 1..=1).await?, Some(vec![message(1)]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FaultyBus<B> {
    bus: B,
    faults: PlainMutex<Faults>,
    receiving: Arc<Receiving>,
}

/// What is to go wrong with what is published next.
#[derive(Debug, Default)]
struct Faults {
    fail: u64,
    fail_late: u64,
    lose: u64,
    drop: u64,
    duplicate: u64,
    swap: u64,
    /// What waits to be overtaken.
    overtaken: Vec<CacheInvalidationMessage>,
    holds: bool,
    held: VecDeque<CacheInvalidationMessage>,
    fail_replays: u64,
}

/// What goes wrong where messages are received.
#[derive(Debug, Default)]
struct Receiving {
    dropped: PlainMutex<Vec<CacheInvalidationMessage>>,
    /// How often all subscriptions were closed.
    closings: AtomicU64,
    closed: Event,
}

impl<B> FaultyBus<B> {
    /// A bus that behaves as `bus` does until it is told otherwise.
    pub fn new(bus: B) -> Self {
        Self { bus, faults: PlainMutex::default(), receiving: Arc::default() }
    }

    /// The bus inside.
    pub fn inner(&self) -> &B {
        &self.bus
    }

    /// The next `n` messages are published, and no subscriber gets them; [`replay`](CacheInvalidationBus::replay) does,
    /// where the bus inside keeps them.
    pub fn drop_next(&self, n: u64) {
        self.faults.lock().drop += n;
    }

    /// The next `n` messages never get to the bus, although their publisher is told that they did.
    pub fn lose_next(&self, n: u64) {
        self.faults.lock().lose += n;
    }

    /// The next message is published twice.
    pub fn duplicate_next(&self) {
        self.faults.lock().duplicate += 1;
    }

    /// The next message is published after the one that follows it.
    pub fn swap_next(&self) {
        self.faults.lock().swap += 1;
    }

    /// Publishing fails `n` times, with nothing published.
    pub fn fail_next(&self, n: u64) {
        self.faults.lock().fail += n;
    }

    /// Publishing fails `n` times for its publisher, and the message is published nevertheless.
    pub fn fail_late_next(&self, n: u64) {
        self.faults.lock().fail_late += n;
    }

    /// The next `n` replays fail.
    pub fn fail_replays(&self, n: u64) {
        self.faults.lock().fail_replays += n;
    }

    /// Everything published from now on is held back, although its publisher is told that it is published.
    pub fn hold(&self) {
        self.faults.lock().holds = true;
    }

    /// Every subscription there is ends, including those that are waited on. New ones can be made.
    pub fn close_receivers(&self) {
        self.receiving.closings.fetch_add(1, Ordering::SeqCst);
        self.receiving.closed.notify(usize::MAX);
    }
}

impl<B: CacheInvalidationBus> FaultyBus<B> {
    /// Publishes what was held back, in order, and what waits to be overtaken, and holds nothing back any more.
    ///
    /// # Errors
    ///
    /// Those of the bus inside; the message that failed and those behind it are still held back.
    pub async fn release(&self) -> CacheResult<()> {
        loop {
            let next = self.faults.lock().next_held();
            let Some(message) = next else { return Ok(()) };
            if let Err(error) = self.bus.publish(message.clone()).await {
                self.faults.lock().held.push_front(message);
                return Err(error);
            }
        }
    }
}

impl Faults {
    /// What is published now in the place of a message.
    fn passed_on(
        &mut self,
        message: CacheInvalidationMessage,
        receiving: &Receiving,
    ) -> Vec<CacheInvalidationMessage> {
        let mut passed = vec![message];
        if *passed[0].invalidation() != CacheInvalidation::Position {
            if take(&mut self.lose) {
                return Vec::new();
            }
            if take(&mut self.drop) {
                receiving.dropped.lock().push(passed[0].clone());
            }
            if take(&mut self.duplicate) {
                passed.push(passed[0].clone());
            }
            if !self.overtaken.is_empty() {
                passed.append(&mut self.overtaken);
            } else if take(&mut self.swap) {
                self.overtaken = mem::take(&mut passed);
            }
        }
        if self.holds {
            self.held.extend(mem::take(&mut passed));
        }
        passed
    }

    /// The next of those held back; when there is none, nothing is held back any more.
    fn next_held(&mut self) -> Option<CacheInvalidationMessage> {
        self.held.extend(mem::take(&mut self.overtaken));
        let next = self.held.pop_front();
        self.holds = next.is_some();
        next
    }
}

/// Counts one down, if there is one.
fn take(count: &mut u64) -> bool {
    let there = *count > 0;
    *count -= u64::from(there);
    there
}

fn as_told() -> Error {
    Error::Backend("the bus fails, as it was told to")
}

#[async_trait]
impl<B: CacheInvalidationBus> CacheInvalidationBus for FaultyBus<B> {
    async fn publish(&self, message: CacheInvalidationMessage) -> CacheResult<()> {
        let (passed, fails) = {
            let mut faults = self.faults.lock();
            let concerned = *message.invalidation() != CacheInvalidation::Position;
            if concerned && take(&mut faults.fail) {
                return Err(as_told());
            }
            let fails = concerned && take(&mut faults.fail_late);
            (faults.passed_on(message, &self.receiving), fails)
        };
        for message in passed {
            self.bus.publish(message).await?;
        }
        if fails { Err(as_told()) } else { Ok(()) }
    }

    fn subscribe(&self) -> Box<dyn CacheInvalidationReceiver> {
        let faults = Arc::clone(&self.receiving);
        let closings = faults.closings.load(Ordering::SeqCst);
        Box::new(Receiver { inner: self.bus.subscribe(), faults, closings })
    }

    async fn replay(
        &self,
        publisher: &str,
        generation: u64,
        sequences: RangeInclusive<u64>,
    ) -> CacheResult<Option<Vec<CacheInvalidationMessage>>> {
        if take(&mut self.faults.lock().fail_replays) {
            return Err(as_told());
        }
        self.bus.replay(publisher, generation, sequences).await
    }
}

struct Receiver {
    inner: Box<dyn CacheInvalidationReceiver>,
    faults: Arc<Receiving>,
    /// How often subscriptions had been closed when this one began.
    closings: u64,
}

impl Receiver {
    fn is_closed(&self) -> bool {
        self.faults.closings.load(Ordering::SeqCst) != self.closings
    }
}

#[async_trait]
impl CacheInvalidationReceiver for Receiver {
    async fn recv(&mut self) -> CacheInvalidationReceive {
        loop {
            let mut closed = self.faults.closed.listen();
            if self.is_closed() {
                return CacheInvalidationReceive::Closed;
            }
            let mut receiving = self.inner.recv();
            let received = poll_fn(|context| {
                // Closing comes first, so that nothing is received after it.
                if Pin::new(&mut closed).poll(context).is_ready() {
                    return Poll::Ready(None);
                }
                receiving.as_mut().poll(context).map(Some)
            })
            .await;
            match received {
                Some(CacheInvalidationReceive::Message(message))
                    if self.faults.dropped.lock().contains(&message) => {}
                Some(received) => return received,
                None => {}
            }
        }
    }

    fn positions(&self) -> Vec<CachePosition> {
        self.inner.positions()
    }
}

#[cfg(test)]
mod tests;
