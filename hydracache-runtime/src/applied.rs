//! What a write returns: it has happened here; what remains can be awaited.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::CacheResult;

/// The outcome of a write that was applied when it was called.
///
/// Await it to learn the outcome and to wait for whatever lies beyond this process; call [`fire`](Self::fire) not to
/// wait, or [`local`](Self::local) to learn the local outcome in code that is not async. Dropping it undoes nothing.
#[derive(Debug)]
#[must_use = "it is applied here already; `.await` it for the rest, or say `.fire()`"]
pub struct Applied<T = ()> {
    local: Option<CacheResult<T>>,
}

impl<T> Applied<T> {
    pub(crate) fn new(local: CacheResult<T>) -> Self {
        Self { local: Some(local) }
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

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(self.local.take().expect("a future is not polled after its end"))
    }
}
