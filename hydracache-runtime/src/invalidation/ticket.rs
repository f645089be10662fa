//! How whoever invalidated something learns whether it was published.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use event_listener::{Event, EventListener};

use super::message::CachePosition;
use crate::error::{CacheResult, Error};
use crate::sync::{Arc, PlainMutex};

/// A future of whether one message was published; ends with the outcome of the first attempt that concerned it.
///
/// It may be polled again after its end, and clones learn the same outcome.
pub(crate) struct Ticket {
    shared: Arc<Shared>,
    listener: Option<EventListener>,
}

/// The other side of a ticket. Dropping it tells that the message will not be published.
#[derive(Debug)]
pub(super) struct Teller(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    position: CachePosition,
    outcome: PlainMutex<Option<CacheResult<()>>>,
    told: Event,
}

/// The two sides of the message at `position`.
pub(super) fn ticket(position: CachePosition) -> (Ticket, Teller) {
    let shared = Arc::new(Shared { position, outcome: PlainMutex::new(None), told: Event::new() });
    (Ticket { shared: Arc::clone(&shared), listener: None }, Teller(shared))
}

impl Ticket {
    /// Which message this is about.
    pub(crate) fn position(&self) -> &CachePosition {
        &self.shared.position
    }

    /// The outcome, if there is one yet.
    pub(crate) fn outcome(&self) -> Option<CacheResult<()>> {
        self.shared.outcome.lock().clone()
    }

    /// Waits until the message was published.
    ///
    /// Fails with [`ErrorKind::NotConfirmed`](crate::ErrorKind::NotConfirmed) when an attempt failed. Dropping the future
    /// has no effect on the message.
    #[cfg(test)]
    pub(crate) async fn wait(&self) -> CacheResult<()> {
        self.clone().await
    }
}

impl Clone for Ticket {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), listener: None }
    }
}

impl Future for Ticket {
    type Output = CacheResult<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            if let Some(outcome) = self.outcome() {
                self.listener = None;
                return Poll::Ready(outcome);
            }
            match &mut self.listener {
                Some(listener) => {
                    ready!(Pin::new(listener).poll(context));
                    self.listener = None;
                }
                // The outcome is looked at once more before this is polled.
                None => self.listener = Some(self.shared.told.listen()),
            }
        }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("position", self.position())
            .field("outcome", &self.outcome())
            .finish_non_exhaustive()
    }
}

impl Teller {
    /// Tells that the message was published, or that something was which stands for it.
    pub(super) fn published(&self) {
        self.tell(|_| Ok(()));
    }

    /// Tells that an attempt failed.
    pub(super) fn failed(&self, cause: &dyn fmt::Display) {
        self.tell(|position| Err(Error::not_confirmed(position.clone(), cause)));
    }

    /// Whether anybody may still want to know.
    pub(super) fn is_asked(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// The first outcome stands.
    fn tell(&self, outcome: impl FnOnce(&CachePosition) -> CacheResult<()>) {
        let mut told = self.0.outcome.lock();
        if told.is_none() {
            *told = Some(outcome(&self.0.position));
            drop(told);
            self.0.told.notify(usize::MAX);
        }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        if self.is_asked() {
            self.failed(&"the cache is gone, and it was not published before");
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::error::ErrorKind;

    fn pair() -> (Ticket, Teller) {
        ticket(CachePosition::new("a", 7, 3))
    }

    #[test]
    fn everybody_learns_the_first_outcome() {
        let (ticket, teller) = pair();
        let clone = ticket.clone();
        assert!(ticket.wait().now_or_never().is_none());
        teller.published();
        teller.failed(&"too late");
        assert!(ticket.wait().now_or_never().unwrap().is_ok());
        assert!(clone.now_or_never().unwrap().is_ok());
        assert!(ticket.outcome().unwrap().is_ok());
    }

    #[test]
    fn a_failure_says_which_message_and_why() {
        let (ticket, teller) = pair();
        teller.failed(&"the bus is gone");
        let error = ticket.wait().now_or_never().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotConfirmed);
        assert_eq!(error.position(), Some(ticket.position()));
        assert_eq!(
            error.to_string(),
            "invalidated here, but not confirmed elsewhere (sequence 3 of `a` in generation 7): the bus is gone"
        );
    }

    #[test]
    fn nobody_waits_for_a_cache_that_is_gone() {
        let (ticket, teller) = pair();
        assert!(teller.is_asked());
        drop(teller);
        assert!(ticket.now_or_never().unwrap().unwrap_err().to_string().contains("the cache is gone"));
        let (ticket, teller) = pair();
        drop(ticket);
        assert!(!teller.is_asked());
    }

    #[test]
    fn a_waiting_thread_is_woken() {
        let (ticket, teller) = pair();
        let waiting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(ticket)
        });
        teller.published();
        assert!(waiting.join().unwrap().is_ok());
    }
}
