//! Callbacks for events, each on a thread of its own.

use std::any::Any;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::thread;

use super::cache_event::CacheEvent;
use super::filter::Filter;
use super::hub::{EventHub, Subscription};
use super::subscriber::{CacheEventRecvError, CacheEvents};
use crate::sync::block_on;

/// Something that is told of events.
///
/// Every closure that takes a `&CacheEvent` is one. Implement it for a type that has a name or a state to be tested:
///
/// ```
/// use std::collections::HashMap;
/// use hydracache_runtime::{CacheEvent, CacheEventKind, EventListener};
///
/// #[derive(Default)]
/// struct Tally(HashMap<CacheEventKind, u64>);
///
/// impl EventListener for Tally {
///     fn on_event(&mut self, event: &CacheEvent) {
///         *self.0.entry(event.kind()).or_default() += 1;
///     }
/// }
/// ```
pub trait EventListener: Send + 'static {
    /// Takes note of an event.
    ///
    /// It is called on a thread of the listener's own, for one event after the other. It may block, and it may use the
    /// cache, whose events it is then told of as well. Events that it is too slow for are lost and counted. If it
    /// panics, that is logged and it is called with the next event.
    fn on_event(&mut self, event: &CacheEvent);
}

impl<F: FnMut(&CacheEvent) + Send + 'static> EventListener for F {
    fn on_event(&mut self, event: &CacheEvent) {
        self(event);
    }
}

/// Keeps a listener subscribed.
///
/// Dropping the handle unsubscribes the listener. It is dropped, on its thread, once it was told of everything that was
/// published before; nobody waits for that. The same happens when the cache goes. A listener that holds the cache
/// itself keeps it until it is unsubscribed.
#[must_use = "the listener is told of events while the handle is kept; dropping it unsubscribes the listener"]
pub struct ListenerHandle {
    subscription: Subscription,
}

impl ListenerHandle {
    /// Ends the subscription, as dropping the handle does. Does not wait: the listener is still told of what was
    /// published before.
    pub fn unsubscribe(self) {
        drop(self);
    }
}

impl fmt::Debug for ListenerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListenerHandle")
            .field("filter", self.subscription.inbox().filter())
            .finish_non_exhaustive()
    }
}

impl EventHub {
    /// Lets a listener be told of the events of this cache from now on, on a thread that is started for it.
    ///
    /// If the system has no thread to give, that is logged and the listener is told of nothing.
    pub(crate) fn listen(&self, filter: Filter, listener: impl EventListener) -> ListenerHandle {
        let events = self.subscribe(filter);
        let handle = ListenerHandle { subscription: events.subscription().share() };
        let thread = thread::Builder::new().name("hydracache-listener".into());
        if let Err(error) = thread.spawn(move || block_on(tell(events, listener))) {
            tracing::error!(%error, "no thread could be started for a listener, which is told of nothing");
        }
        handle
    }
}

/// Tells a listener of events until there will be no more: the handle or the cache has gone.
async fn tell(mut events: CacheEvents, mut listener: impl EventListener) {
    loop {
        match events.recv().await {
            Ok(event) => {
                // What a panic leaves half done inside of the listener is the listener's own.
                let told = panic::catch_unwind(AssertUnwindSafe(|| listener.on_event(&event)));
                if let Err(panic) = told {
                    tracing::error!(?event, panic = message(&*panic), "a listener panicked; it goes on");
                }
            }
            Err(CacheEventRecvError::Lagged(missed)) => {
                tracing::debug!(missed, "a listener was too slow and missed events");
            }
            Err(CacheEventRecvError::Closed) => return,
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("not a text")
}
