//! What a write returns: it has happened here; what remains can be awaited.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::error::{CacheResult, Error};
use crate::invalidation::Ticket;

/// The outcome of a write that was applied when it was called.
///
/// Await it to learn the outcome and to wait for whatever lies beyond this process; call [`fire`](Self::fire) not to
/// wait, or [`local`](Self::local) to learn the local outcome in code that is not async. Dropping it undoes nothing.
///
/// In a cache with an invalidation bus, awaiting it waits until the bus took the invalidation; that the other caches have
/// applied it is not awaited. Whoever does not await it loses nothing: it is published all the same.
///
/// # Errors
///
/// What the write itself says. [`NotConfirmed`](crate::ErrorKind::NotConfirmed) when the bus did not take the
/// invalidation: it is applied here, is tried again until the bus takes it, and
/// [`Error::position`](crate::Error::position) tells which one it is.
///
/// # Cancellation
///
/// Dropping it stops only the waiting.
#[derive(Debug)]
#[must_use = "it is applied here already; `.await` it for the rest, or say `.fire()`"]
pub struct Applied<T = ()> {
    local: Option<CacheResult<T>>,
    published: Option<Ticket>,
}

impl<T> Applied<T> {
    pub(crate) fn new(local: CacheResult<T>) -> Self {
        Self { local: Some(local), published: None }
    }

    pub(crate) fn announced(local: CacheResult<T>, published: Option<Ticket>) -> Self {
        Self { local: Some(local), published }
    }

    pub(crate) fn map<R>(self, change: impl FnOnce(T) -> R) -> Applied<R> {
        Applied { local: self.local.map(|local| local.map(change)), published: self.published }
    }

    /// This one and another after it: the first error, and the later publication, which says that both have happened.
    pub(crate) fn and(self, later: Self) -> Self {
        let local = match (self.local, later.local) {
            (Some(Err(error)), _) => Some(Err(error)),
            (_, later) => later,
        };
        Self { local, published: later.published.or(self.published) }
    }

    /// The same, with an error of its own.
    pub(crate) fn refused(self, error: Error) -> Self {
        Self { local: Some(Err(error)), ..self }
    }

    /// Does not wait for anything beyond this process. A local error, such as a key over its limit, is logged.
    pub fn fire(self) {
        if let Some(Err(error)) = self.local {
            tracing::warn!(%error, "a write that nobody waits for was refused");
        }
    }

    /// What happened in this process, without waiting for anything beyond it.
    pub fn local(self) -> CacheResult<T> {
        self.local.expect("it is taken only when the future ends, which takes the whole")
    }
}

impl<T: Unpin> Future for Applied<T> {
    type Output = CacheResult<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(published) = &mut self.published {
            let published = ready!(Pin::new(published).poll(context));
            self.published = None;
            if let (Err(error), Some(Ok(_))) = (published, &self.local) {
                self.local = Some(Err(error));
            }
        }
        Poll::Ready(self.local.take().expect("a future is not polled after its end"))
    }
}
