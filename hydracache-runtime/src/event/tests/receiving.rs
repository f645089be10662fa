//! What a subscriber receives: everything it asked for, what it lost, and the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread;

use futures_util::FutureExt;

use super::super::{CacheEventKind, CacheEventRecvError, Filter};
use super::*;
use crate::sync::block_on;

#[test]
fn lag_is_told_once_and_exactly_and_the_subscriber_goes_on() {
    let hub = hub();
    let mut events = hub.subscribe(Filter::all());
    for number in 0..CAPACITY + 3 {
        store(&hub, number);
    }
    assert_eq!(block_on(events.recv()).unwrap_err(), CacheEventRecvError::Lagged(3));
    assert_eq!(block_on(events.recv()).unwrap().key(), Some("3"));
    store(&hub, "one more fits");
    store(&hub, "the next does not");
    assert_eq!(events.try_recv().unwrap_err(), CacheEventRecvError::Lagged(1));
    let rest = keys(&mut events);
    assert_eq!(
        (rest.len(), rest[0].as_str(), rest[CAPACITY - 1].as_str()),
        (CAPACITY, "5", "the next does not")
    );
    assert_eq!(hub.subscriber_lag(), 4);
}

#[test]
fn what_a_subscriber_did_not_ask_for_pushes_nothing_out() {
    let hub = hub();
    let mut mutations = hub.subscribe(Filter::mutations());
    let mut key = hub.subscribe(Filter::all().key("a"));
    let _trace = hub.subscribe(Filter::access());
    store(&hub, "a");
    for _ in 0..10 * CAPACITY {
        publish(&hub, CacheEventKind::Hit, "b");
    }
    assert_eq!(keys(&mut mutations), ["a"]);
    assert_eq!(keys(&mut key), ["a"]);
    assert_eq!(hub.subscriber_lag(), 9 * CAPACITY as u64, "of the trace that is not read");
}

#[test]
fn next_event_passes_over_what_was_lost_and_ends_with_the_cache() {
    let hub = hub();
    let mut events = hub.subscribe(Filter::all());
    for number in 0..=CAPACITY {
        store(&hub, number);
    }
    drop(hub);
    for number in 1..=CAPACITY {
        assert_eq!(block_on(events.next_event()).unwrap().key(), Some(number.to_string().as_str()));
    }
    assert!(block_on(events.next_event()).is_none());
    assert!(block_on(events.next_event()).is_none());
}

#[test]
fn what_is_left_is_received_before_the_end() {
    let hub = hub();
    let mut events = hub.subscribe(Filter::all());
    assert!(events.try_recv().unwrap().is_none());
    store(&hub, "a");
    drop(hub);
    assert_eq!(next_key(&mut events), "a");
    assert_eq!(events.try_recv().unwrap_err(), CacheEventRecvError::Closed);
    assert_eq!(events.recv_blocking().unwrap_err(), CacheEventRecvError::Closed);
}

#[test]
fn the_end_and_an_event_wake_who_waits() {
    let hub = hub();
    let mut events = hub.subscribe(Filter::all());
    let waiting = thread::spawn(move || (events.recv_blocking(), events.recv_blocking()));
    store(&hub, "a");
    drop(hub);
    let (first, second) = waiting.join().unwrap();
    assert_eq!(first.unwrap().key(), Some("a"));
    assert_eq!(second.unwrap_err(), CacheEventRecvError::Closed);
}

#[test]
fn a_call_that_was_dropped_loses_nothing() {
    let hub = hub();
    let mut events = hub.subscribe(Filter::all());
    assert!(events.recv().now_or_never().is_none());
    store(&hub, "a");
    {
        let abandoned = events.recv();
        drop(abandoned);
    }
    store(&hub, "b");
    assert_eq!(keys(&mut events), ["a", "b"]);
}

struct Counting(AtomicU32);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn only_the_latest_waker_is_woken_and_only_once() {
    let hub = hub();
    let mut events = hub.subscribe(Filter::all());
    let counting: [_; 2] = std::array::from_fn(|_| Arc::new(Counting(AtomicU32::new(0))));
    let wakers = counting.each_ref().map(|counting| Waker::from(Arc::clone(counting)));
    let mut receiving = Box::pin(events.recv());
    for waker in [&wakers[0], &wakers[1], &wakers[1]] {
        assert!(receiving.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    }
    store(&hub, "a");
    store(&hub, "b");
    assert_eq!(counting.map(|counting| counting.0.load(Ordering::SeqCst)), [0, 1]);
}

#[test]
fn a_subscriber_is_told_only_of_what_came_after_it() {
    let hub = hub();
    let _earlier = hub.subscribe(Filter::all());
    store(&hub, "a");
    let mut events = hub.subscribe(Filter::all());
    store(&hub, "b");
    assert_eq!(keys(&mut events), ["b"]);
}

#[test]
fn at_least_one_event_is_kept() {
    let hub = EventHub::new(0, false);
    let mut events = hub.subscribe(Filter::all());
    store(&hub, "a");
    store(&hub, "b");
    assert_eq!(events.try_recv().unwrap_err(), CacheEventRecvError::Lagged(1));
    assert_eq!(keys(&mut events), ["b"]);
}

#[tokio::test]
async fn events_are_received_by_a_spawned_task() {
    let hub = hub();
    let mut events = hub.subscribe(Filter::all());
    let task = tokio::spawn(async move { events.recv().await });
    store(&hub, "a");
    assert_eq!(task.await.unwrap().unwrap().key(), Some("a"));
}
