//! What a transport implements to carry invalidations between caches.

use std::fmt;
use std::ops::RangeInclusive;

use async_trait::async_trait;

use super::message::{CacheInvalidationMessage, CachePosition};
use crate::error::{CacheResult, Error};

/// Carries invalidations from the cache that publishes them to all caches that subscribe.
///
/// Only [`publish`](Self::publish) and [`subscribe`](Self::subscribe) must be written. A bus should deliver what one
/// cache published in the order in which it did; it need not be reliable, because receivers count: whatever is missing
/// is asked for with [`replay`](Self::replay), and where that gives nothing, the receiving cache drops everything. A
/// message may arrive more than once. `bus_suite!` (feature `test-util`) tests an implementation.
///
/// Methods are called from any thread and outside of an async runtime as well. A bus that needs one brings its own or
/// keeps a handle of it.
///
/// ```
/// use async_trait::async_trait;
/// use hydracache_runtime::{
///     CacheInvalidationBus, CacheInvalidationMessage, CacheInvalidationReceive, CacheInvalidationReceiver, CacheResult,
/// };
///
/// /// Tells nobody anything.
/// #[derive(Debug)]
/// struct Silence;
///
/// #[async_trait]
/// impl CacheInvalidationBus for Silence {
///     async fn publish(&self, _: CacheInvalidationMessage) -> CacheResult<()> {
///         Ok(())
///     }
///
///     fn subscribe(&self) -> Box<dyn CacheInvalidationReceiver> {
///         Box::new(Nothing)
///     }
/// }
///
/// struct Nothing;
///
/// #[async_trait]
/// impl CacheInvalidationReceiver for Nothing {
///     async fn recv(&mut self) -> CacheInvalidationReceive {
///         CacheInvalidationReceive::Closed
///     }
/// }
/// ```
#[async_trait]
pub trait CacheInvalidationBus: fmt::Debug + Send + Sync + 'static {
    /// Hands a message over to the transport; `Ok` means that it is now the transport's to deliver.
    ///
    /// # Errors
    ///
    /// Whatever keeps the message from being taken, as an error of kind [`Backend`](crate::ErrorKind::Backend) or
    /// another that fits. The cache then publishes the same message again, until it is taken or replaced by a
    /// flush, and nothing that came after it before that. An error is therefore right as well when it is not known
    /// whether the message was taken. One of kind [`Encode`](crate::ErrorKind::Encode) says that the transport can
    /// never carry this message; the cache then publishes a flush under its number.
    ///
    /// # Cancellation
    ///
    /// When the returned future is dropped before its end, the message may have been published or not; the cache
    /// treats it like one that failed.
    ///
    /// # Cost
    ///
    /// A cache publishes one message after the other, so the time of one is the time of those behind it. It must not
    /// depend on how fast subscribers read. It should have a limit: whoever awaits an invalidation waits as long, and
    /// only what is left when the cache has gone is given up after ten seconds in which none was taken.
    async fn publish(&self, message: CacheInvalidationMessage) -> CacheResult<()>;

    /// Begins a subscription: whatever is published after this returned is received through it, or its loss shows.
    ///
    /// It does not block and cannot fail. A transport that has to connect first gives out a receiver that says
    /// [`Closed`](CacheInvalidationReceive::Closed) when it cannot, or [`Lagged`](CacheInvalidationReceive::Lagged) when
    /// it was late.
    fn subscribe(&self) -> Box<dyn CacheInvalidationReceiver>;

    /// Gives messages out again that were published before: all those of the range that exist, in order, or `None` when
    /// it is not certain that all of them are there.
    ///
    /// The range may end beyond what was published, commonly with [`u64::MAX`]: then it means all there is from its
    /// start on, which is nothing, and not `None`, when the last message published is the one before it. A range of
    /// any length must cost no more than what is kept. A [`Flush`](crate::CacheInvalidation::Flush) stands for
    /// everything its publisher published before it, so numbers that were never published and are followed by one are
    /// not missing. Messages that only tell a [`Position`](crate::CacheInvalidation::Position) and unsequenced
    /// ones are never given out again.
    ///
    /// The provided method keeps nothing and says `None`.
    ///
    /// # Errors
    ///
    /// When the transport could not be asked. The asking cache treats that like `None`.
    ///
    /// # Cancellation
    ///
    /// Dropping the future changes nothing.
    ///
    /// ```
    /// use hydracache_runtime::{
    ///     CacheInvalidation, CacheInvalidationBus, CacheInvalidationMessage, InMemoryInvalidationBus,
    /// };
    ///
    /// # async fn example() -> hydracache_runtime::CacheResult<()> {
    /// let bus = InMemoryInvalidationBus::new(16);
    /// for (sequence, tag) in [(1, "users"), (2, "orders")] {
    ///     bus.publish(CacheInvalidationMessage::new("node-a", 7, sequence, CacheInvalidation::Tag(tag.into()))).await?;
    /// }
    /// let missed = bus.replay("node-a", 7, 2..=u64::MAX).await?.expect("it keeps sixteen");
    /// assert_eq!(missed[0].invalidation(), &CacheInvalidation::Tag("orders".into()));
    /// # Ok(())
    /// # }
    /// ```
    async fn replay(
        &self,
        publisher: &str,
        generation: u64,
        sequences: RangeInclusive<u64>,
    ) -> CacheResult<Option<Vec<CacheInvalidationMessage>>> {
        let _ = (publisher, generation, sequences);
        Ok(None)
    }
}

/// One subscription to a [`CacheInvalidationBus`].
#[async_trait]
pub trait CacheInvalidationReceiver: Send {
    /// Waits for whatever comes next.
    ///
    /// # Cancellation
    ///
    /// Dropping the future must lose nothing: what it would have returned, the next call returns.
    async fn recv(&mut self) -> CacheInvalidationReceive;

    /// How far each publisher had published, in each of its generations, when this subscription began: what lies before
    /// is not received through it, and all that lies after is.
    ///
    /// Either all that published anything are there, or none, which means that the bus cannot tell. Where they are, a
    /// cache that subscribes anew can ask for exactly what it missed in between; where they are not, it drops everything
    /// and the first message of each publisher may make it do so again. The provided method cannot tell.
    fn positions(&self) -> Vec<CachePosition> {
        Vec::new()
    }
}

/// What a subscription received.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CacheInvalidationReceive {
    /// A message, perhaps not for the first time.
    Message(CacheInvalidationMessage),
    /// Messages were skipped because the receiver was slower than its publishers: this many, where the transport can
    /// count them.
    Lagged(u64),
    /// Something arrived that was meant for this cluster and cannot be read. It may have been a message.
    Undecodable(Error),
    /// The subscription is over; only a new one can receive anything.
    Closed,
}
