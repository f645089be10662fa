//! The bus for caches of one process.

use std::ops::RangeInclusive;

use async_trait::async_trait;

use super::bus::{CacheInvalidationBus, CacheInvalidationReceive, CacheInvalidationReceiver};
use super::log::{Log, Next, Tail};
use super::message::{CacheInvalidationMessage, CachePosition};
use crate::error::CacheResult;
use crate::sync::Arc;

/// How many messages a bus keeps unless it is told otherwise.
const DEFAULT_CAPACITY: usize = 4_096;

/// A [`CacheInvalidationBus`] between caches of one process.
///
/// It keeps the last messages, up to its capacity, for all subscribers together. Publishing never waits: a subscriber
/// that is further behind is told how many messages it missed. The same messages are there for
/// [`replay`](CacheInvalidationBus::replay). Nothing outlives the bus; subscriptions end when it is dropped.
///
/// Publishing is a push under a mutex, and each subscriber makes its own copy of a message outside of it. Memory is
/// taken for what is kept and for up to 4,096 publishers.
///
/// ```
/// use hydracache_runtime::{
///     CacheInvalidation, CacheInvalidationBus, CacheInvalidationMessage, CacheInvalidationReceive,
///     CacheInvalidationReceiver, InMemoryInvalidationBus,
/// };
///
/// # async fn example() -> hydracache_runtime::CacheResult<()> {
/// let bus = InMemoryInvalidationBus::default();
/// let mut receiver = bus.subscribe();
/// let message = CacheInvalidationMessage::new("node-a", 7, 1, CacheInvalidation::Key("user:42".into()));
/// bus.publish(message.clone()).await?;
/// assert!(matches!(receiver.recv().await, CacheInvalidationReceive::Message(received) if received == message));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct InMemoryInvalidationBus {
    log: Log<Arc<CacheInvalidationMessage>>,
}

impl InMemoryInvalidationBus {
    /// A bus that keeps the last `capacity` messages, and at least one.
    pub fn new(capacity: usize) -> Self {
        Self { log: Log::new(capacity) }
    }
}

impl Default for InMemoryInvalidationBus {
    /// A bus that keeps the last 4,096 messages.
    fn default() -> Self {
        Self::new(DEFAULT_CAPACITY)
    }
}

#[async_trait]
impl CacheInvalidationBus for InMemoryInvalidationBus {
    async fn publish(&self, message: CacheInvalidationMessage) -> CacheResult<()> {
        let message = Arc::new(message);
        self.log.publish(Some(&message), Arc::clone(&message));
        Ok(())
    }

    fn subscribe(&self) -> Box<dyn CacheInvalidationReceiver> {
        Box::new(Receiver(self.log.subscribe()))
    }

    async fn replay(
        &self,
        publisher: &str,
        generation: u64,
        sequences: RangeInclusive<u64>,
    ) -> CacheResult<Option<Vec<CacheInvalidationMessage>>> {
        let read = |message| Some(Arc::unwrap_or_clone(message));
        Ok(self.log.replay(publisher, generation, sequences, read))
    }
}

struct Receiver(Tail<Arc<CacheInvalidationMessage>>);

#[async_trait]
impl CacheInvalidationReceiver for Receiver {
    async fn recv(&mut self) -> CacheInvalidationReceive {
        match self.0.next().await {
            Next::Record(message) => CacheInvalidationReceive::Message(Arc::unwrap_or_clone(message)),
            Next::Lagged(missed) => CacheInvalidationReceive::Lagged(missed),
            Next::Closed => CacheInvalidationReceive::Closed,
        }
    }

    fn positions(&self) -> Vec<CachePosition> {
        self.0.positions().to_vec()
    }
}
