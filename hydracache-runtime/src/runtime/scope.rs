//! Which runtime the current code belongs to, and futures that carry theirs along.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use super::Inner;
use crate::sync::thread_local;

thread_local! {
    static SCOPE: RefCell<Scope> = const { RefCell::new(Scope(None)) };
}

/// The runtime of the current scope, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Scope(pub(super) Option<Arc<Inner>>);

/// Set when the first scope is entered: a program without scopes does not look for one at every call.
static SCOPES: AtomicBool = AtomicBool::new(false);

impl Scope {
    #[inline]
    pub(crate) fn current() -> Self {
        if !SCOPES.load(Ordering::Relaxed) {
            return Self(None);
        }
        SCOPE.try_with(|scope| scope.borrow().clone()).unwrap_or_default()
    }

    pub(crate) fn enter<R>(self, work: impl FnOnce() -> R) -> R {
        struct Restore(Scope);
        impl Drop for Restore {
            fn drop(&mut self) {
                let _ = SCOPE.try_with(|scope| scope.replace(std::mem::take(&mut self.0)));
            }
        }
        SCOPES.store(true, Ordering::Relaxed);
        let _restore = Restore(SCOPE.with(|scope| scope.replace(self)));
        work()
    }
}

/// A future that is polled in a scope.
pub(crate) struct Scoped<F> {
    scope: Scope,
    future: Pin<Box<F>>,
}

impl<F> Scoped<F> {
    pub(crate) fn new(scope: Scope, future: F) -> Self {
        Self { scope, future: Box::pin(future) }
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let scope = self.scope.clone();
        scope.enter(|| self.future.as_mut().poll(context))
    }
}
