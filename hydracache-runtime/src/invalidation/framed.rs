//! The bus for caches of one process that sends bytes, as one between processes does.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use bytes::Bytes;

use super::bus::{CacheInvalidationBus, CacheInvalidationReceive, CacheInvalidationReceiver};
use super::frame::{self, CacheInvalidationFrame};
use super::log::{Log, Next, Tail};
use super::message::{CacheInvalidationMessage, CachePosition};
use crate::error::CacheResult;
use crate::sync::Arc;

/// A [`CacheInvalidationBus`] between caches of one process over [`CacheInvalidationFrame`]s.
///
/// It behaves like [`InMemoryInvalidationBus`](crate::InMemoryInvalidationBus), but each message is encoded when it is
/// published and decoded by each subscriber, as it would be on the way to another process. Frames of another cluster
/// are ignored; bytes that are no frame are received as
/// [`Undecodable`](CacheInvalidationReceive::Undecodable).
///
/// ```
/// use hydracache_runtime::{
///     CacheInvalidation, CacheInvalidationBus, CacheInvalidationFrame, CacheInvalidationMessage,
///     CacheInvalidationReceive, CacheInvalidationReceiver, InMemoryFramedInvalidationBus,
/// };
///
/// # async fn example() -> hydracache_runtime::CacheResult<()> {
/// let bus = InMemoryFramedInvalidationBus::for_cluster("orders", 128);
/// let mut receiver = bus.subscribe();
/// let message = |sequence| CacheInvalidationMessage::new("node-a", 7, sequence, CacheInvalidation::Flush);
/// bus.publish_frame(CacheInvalidationFrame::new("payments", message(1)).encode()?);
/// bus.publish(message(2)).await?;
/// bus.publish_frame("noise");
/// assert!(matches!(receiver.recv().await, CacheInvalidationReceive::Message(received) if received == message(2)));
/// assert!(matches!(receiver.recv().await, CacheInvalidationReceive::Undecodable(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct InMemoryFramedInvalidationBus {
    cluster: Arc<str>,
    log: Log<Bytes>,
}

impl InMemoryFramedInvalidationBus {
    /// A bus for the caches of a cluster that keeps the last `capacity` frames, and at least one.
    pub fn for_cluster(cluster: impl Into<String>, capacity: usize) -> Self {
        Self { cluster: cluster.into().into(), log: Log::new(capacity) }
    }

    /// Puts bytes on the bus as they are, whatever they are, as another program on the same wire could.
    pub fn publish_frame(&self, frame: impl Into<Bytes>) {
        let frame = frame.into();
        let message = CacheInvalidationFrame::decode_for(&self.cluster, &frame).ok();
        self.log.publish(message.as_ref(), frame);
    }
}

#[async_trait]
impl CacheInvalidationBus for InMemoryFramedInvalidationBus {
    /// Fails with [`ErrorKind::Encode`](crate::ErrorKind::Encode) for a message that no frame can carry.
    async fn publish(&self, message: CacheInvalidationMessage) -> CacheResult<()> {
        let frame = frame::encode(&self.cluster, &message)?;
        self.log.publish(Some(&message), frame);
        Ok(())
    }

    fn subscribe(&self) -> Box<dyn CacheInvalidationReceiver> {
        Box::new(Receiver { cluster: Arc::clone(&self.cluster), tail: self.log.subscribe() })
    }

    async fn replay(
        &self,
        publisher: &str,
        generation: u64,
        sequences: RangeInclusive<u64>,
    ) -> CacheResult<Option<Vec<CacheInvalidationMessage>>> {
        let read = |frame: Bytes| CacheInvalidationFrame::decode_for(&self.cluster, &frame).ok();
        Ok(self.log.replay(publisher, generation, sequences, read))
    }
}

struct Receiver {
    cluster: Arc<str>,
    tail: Tail<Bytes>,
}

#[async_trait]
impl CacheInvalidationReceiver for Receiver {
    async fn recv(&mut self) -> CacheInvalidationReceive {
        loop {
            let bytes = match self.tail.next().await {
                Next::Record(bytes) => bytes,
                Next::Lagged(missed) => return CacheInvalidationReceive::Lagged(missed),
                Next::Closed => return CacheInvalidationReceive::Closed,
            };
            match CacheInvalidationFrame::decode(&bytes) {
                Ok(frame) if frame.cluster() == &*self.cluster => {
                    return CacheInvalidationReceive::Message(frame.into_message());
                }
                Ok(_) => {}
                Err(error) => return CacheInvalidationReceive::Undecodable(error),
            }
        }
    }

    fn positions(&self) -> Vec<CachePosition> {
        self.tail.positions().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::invalidation::CacheInvalidation;

    fn message(sequence: u64) -> CacheInvalidationMessage {
        CacheInvalidationMessage::new("a", 7, sequence, CacheInvalidation::Tag("t".into()))
    }

    #[test]
    fn frames_of_others_are_passed_over_and_are_nobodys_position() {
        let bus = InMemoryFramedInvalidationBus::for_cluster("orders", 8);
        let mut receiver = bus.subscribe();
        bus.publish_frame(frame::encode("payments", &message(1)).unwrap());
        assert!(receiver.recv().now_or_never().is_none());
        assert!(bus.subscribe().positions().is_empty());
        assert_eq!(bus.replay("a", 7, 1..=1).now_or_never().unwrap().unwrap(), None);
    }

    #[test]
    fn a_frame_of_the_cluster_is_a_message_whoever_made_it() {
        let bus = InMemoryFramedInvalidationBus::for_cluster("orders", 8);
        let mut receiver = bus.subscribe();
        bus.publish_frame(frame::encode("orders", &message(1)).unwrap());
        let received = receiver.recv().now_or_never();
        assert!(matches!(received, Some(CacheInvalidationReceive::Message(got)) if got == message(1)));
        assert_eq!(bus.subscribe().positions(), [message(1).position().clone()]);
        assert_eq!(bus.replay("a", 7, 1..=1).now_or_never().unwrap().unwrap(), Some(vec![message(1)]));
    }

    #[test]
    fn what_no_frame_can_carry_is_refused_by_the_publisher() {
        let bus = InMemoryFramedInvalidationBus::for_cluster("orders", 8);
        let huge = CacheInvalidationMessage::new("a", 7, 1, CacheInvalidation::Tag("t".repeat(1_000)));
        let error = bus.publish(huge).now_or_never().unwrap().unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Encode);
    }
}
