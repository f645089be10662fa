//! The event layer as a whole: publishers, subscribers and listeners of one hub.

#![allow(clippy::unwrap_used, reason = "a test that unwraps what is not there has failed")]

mod listening;
mod publishing;
mod receiving;

use super::{CacheEventKind, CacheEventOrigin, CacheEvents, EventHub, Parts, Wakes};
use crate::key::CacheKey;

const CAPACITY: usize = 8;

fn hub() -> EventHub {
    EventHub::new(CAPACITY, true)
}

/// Publishes an event of a key and wakes who waits.
fn publish(hub: &EventHub, kind: CacheEventKind, key: &str) {
    let mut wakes = Wakes::default();
    hub.publish(kind, CacheEventOrigin::Local, &mut wakes, || Parts::key(CacheKey::from_text(key)));
}

fn store(hub: &EventHub, key: impl ToString) {
    publish(hub, CacheEventKind::Stored, &key.to_string());
}

/// The key of the next event, which must be there.
fn next_key(events: &mut CacheEvents) -> String {
    events.try_recv().unwrap().unwrap().key().unwrap().to_owned()
}

/// The keys of what can be received without waiting.
fn keys(events: &mut CacheEvents) -> Vec<String> {
    let received = std::iter::from_fn(|| events.try_recv().unwrap());
    received.map(|event| event.key().unwrap().to_owned()).collect()
}
