//! Receiving events.

use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

use super::cache_event::CacheEvent;
use super::hub::Subscription;
use crate::sync::block_on;

/// The events that one subscriber asked for, in the order in which they happened.
///
/// A cache never waits for a subscriber. It keeps a bounded number of unread events for each: 1,024, unless the cache
/// was built with another capacity. When more happen, the oldest are lost, and the subscriber learns how many. Events
/// that it did not ask for are not counted and push nothing out.
///
/// A subscriber does not keep the cache alive. When the last handle of the cache has gone, it receives what it has not
/// read, and then [`Closed`](CacheEventRecvError::Closed). Dropping it unsubscribes. No runtime is needed.
///
/// Each operation of the cache that an event tells of pays for the event's names, and for each subscriber a comparison
/// and, if it asked for the event, a place in its buffer. Without subscribers nothing is built.
#[must_use = "events are received while this is kept; dropping it unsubscribes"]
pub struct CacheEvents {
    subscription: Subscription,
}

impl CacheEvents {
    pub(super) fn new(subscription: Subscription) -> Self {
        Self { subscription }
    }

    pub(super) fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    /// Waits for the next event and returns it.
    ///
    /// Cancel safe: an event is taken only by a call that returns it, so a call that is dropped, by `select!` for
    /// example, loses none.
    ///
    /// # Errors
    ///
    /// [`Lagged`](CacheEventRecvError::Lagged) when events were lost since the last call; the next one goes on with the
    /// oldest that is left. [`Closed`](CacheEventRecvError::Closed) when the cache has gone and everything was read.
    pub async fn recv(&mut self) -> Result<CacheEvent, CacheEventRecvError> {
        poll_fn(|context| self.subscription.inbox().poll_next(context)).await
    }

    /// Waits for the next event and returns it, passing over those that were lost; `None` when the cache has gone and
    /// everything was read.
    ///
    /// Cancel safe as [`recv`](Self::recv).
    pub async fn next_event(&mut self) -> Option<CacheEvent> {
        loop {
            match self.recv().await {
                Ok(event) => return Some(event),
                Err(CacheEventRecvError::Lagged(_)) => {}
                Err(CacheEventRecvError::Closed) => return None,
            }
        }
    }

    /// Returns the next event if there is one already, without waiting.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    pub fn try_recv(&mut self) -> Result<Option<CacheEvent>, CacheEventRecvError> {
        match self.subscription.inbox().next() {
            Poll::Ready(next) => next.map(Some),
            Poll::Pending => Ok(None),
        }
    }

    /// As [`recv`](Self::recv), for a thread outside of an executor, which it blocks.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    pub fn recv_blocking(&mut self) -> Result<CacheEvent, CacheEventRecvError> {
        block_on(self.recv())
    }

    /// Ends the subscription, as dropping it does. What was not read is lost.
    pub fn unsubscribe(self) {
        drop(self);
    }
}

impl fmt::Debug for CacheEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheEvents")
            .field("filter", self.subscription.inbox().filter())
            .finish_non_exhaustive()
    }
}

/// Why a subscriber received no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheEventRecvError {
    /// The subscriber was slow and missed this many of the events it asked for. It is still subscribed.
    Lagged(u64),
    /// The cache has gone and everything was read.
    Closed,
}

impl fmt::Display for CacheEventRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lagged(missed) => write!(
                f,
                "the subscriber was too slow and missed {missed} events; it goes on with the oldest that is left"
            ),
            Self::Closed => f.write_str("the cache whose events were subscribed to has gone"),
        }
    }
}

impl std::error::Error for CacheEventRecvError {}
