//! What a cache tells about itself: numbers when it is asked, and events as they happen.
//!
//! An event goes from [`EventHub::publish`](hub::EventHub::publish) into the inboxes of those who asked for it. That
//! takes its place in the order and nothing more, so it may happen under a lock of the engine; who waits is woken after
//! it. Each subscriber has a bounded inbox of its own rather than a place in a common ring: what it did not ask for
//! neither wakes it nor counts as missed.

mod cache_event;
mod counters;
mod diagnostics;
mod filter;
mod hub;
mod inbox;
mod kind;
mod listener;
mod stats;
mod subscriber;
#[cfg(test)]
mod tests;
mod wakes;

pub use cache_event::CacheEvent;
pub(crate) use cache_event::Parts;
pub(crate) use counters::{Count, Counters};
pub use diagnostics::CacheDiagnostics;
pub(crate) use filter::Filter;
pub(crate) use hub::{DEFAULT_EVENT_CAPACITY, EventHub};
pub use kind::{CacheEventKind, CacheEventOrigin};
pub use listener::{EventListener, ListenerHandle};
pub use stats::CacheStats;
pub use subscriber::{CacheEventRecvError, CacheEvents};
pub(crate) use wakes::Wakes;
