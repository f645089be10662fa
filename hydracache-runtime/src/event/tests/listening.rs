//! Listeners: told on a thread of their own, whatever they do, until they or the cache go.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, ThreadId};

use super::super::{CacheEvent, EventListener, Filter, ListenerHandle};
use super::*;

/// The bound that methods of a cache have, under which a closure needs no annotation.
fn on_event(hub: &EventHub, listener: impl FnMut(&CacheEvent) + Send + 'static) -> ListenerHandle {
    hub.listen(Filter::all(), listener)
}

/// A listener that passes keys on. The receiver ends when the listener was dropped.
fn passing_on(hub: &EventHub) -> (ListenerHandle, Receiver<String>) {
    let (send, told) = mpsc::channel();
    let handle = on_event(hub, move |event| send.send(event.key().unwrap().to_owned()).unwrap());
    (handle, told)
}

#[test]
fn a_listener_is_told_in_order_on_a_thread_of_its_own() {
    struct Where(Sender<(String, ThreadId, Option<String>)>);

    impl EventListener for Where {
        fn on_event(&mut self, event: &CacheEvent) {
            let thread = thread::current();
            let name = thread.name().map(str::to_owned);
            self.0.send((event.key().unwrap().to_owned(), thread.id(), name)).unwrap();
        }
    }

    let hub = hub();
    let (send, told) = mpsc::channel();
    let _handle = hub.listen(Filter::mutations(), Where(send));
    publish(&hub, CacheEventKind::Hit, "not a mutation");
    store(&hub, "a");
    store(&hub, "b");
    for expected in ["a", "b"] {
        let (key, thread, name) = told.recv().unwrap();
        assert_eq!((key.as_str(), name.as_deref()), (expected, Some("hydracache-listener")));
        assert_ne!(thread, thread::current().id());
    }
}

#[test]
fn a_listener_that_panics_goes_on() {
    let hub = hub();
    let (send, told) = mpsc::channel();
    let _handle = on_event(&hub, move |event| {
        let key = event.key().unwrap();
        assert_ne!(key, "bad", "this listener panics on purpose");
        send.send(key.to_owned()).unwrap();
    });
    for key in ["a", "bad", "b", "bad", "c"] {
        store(&hub, key);
    }
    assert_eq!([told.recv(), told.recv(), told.recv()], ["a", "b", "c"].map(|key| Ok(key.to_owned())));
}

#[test]
fn a_listener_that_blocks_only_misses_events() {
    let hub = hub();
    let (enter, entered) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let handle = on_event(&hub, move |event| {
        enter.send(event.key().unwrap().to_owned()).unwrap();
        released.recv().unwrap();
    });
    store(&hub, "first");
    assert_eq!(entered.recv().unwrap(), "first");
    for number in 0..CAPACITY + 5 {
        store(&hub, number);
    }
    assert_eq!(hub.subscriber_lag(), 5);
    handle.unsubscribe();
    (0..=CAPACITY).for_each(|_| release.send(()).unwrap());
    let told: Vec<_> = entered.iter().collect();
    assert_eq!(told, (5..CAPACITY + 5).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn an_unsubscribed_listener_is_still_told_of_what_was_published_before() {
    let hub = hub();
    let (handle, told) = passing_on(&hub);
    for number in 0..CAPACITY {
        store(&hub, number);
    }
    handle.unsubscribe();
    assert!(!hub.wants(CacheEventKind::Stored));
    store(&hub, "too late");
    let told: Vec<_> = told.iter().collect();
    assert_eq!(told, (0..CAPACITY).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn dropping_the_handle_unsubscribes_a_listener_that_waits() {
    let hub = hub();
    let (handle, told) = passing_on(&hub);
    store(&hub, "a");
    assert_eq!(told.recv().unwrap(), "a");
    drop(handle);
    assert!(told.recv().is_err(), "the listener was dropped, so its thread is at its end");
    assert!(!hub.wants(CacheEventKind::Stored));
}

#[test]
fn a_listener_ends_with_its_cache() {
    let hub = hub();
    let (handle, told) = passing_on(&hub);
    store(&hub, "a");
    drop(hub);
    assert_eq!(told.iter().collect::<Vec<_>>(), ["a"]);
    handle.unsubscribe();
}

#[test]
fn a_listener_may_end_its_own_subscription() {
    let hub = hub();
    let (give, given) = mpsc::channel::<ListenerHandle>();
    let (send, told) = mpsc::channel();
    let handle = on_event(&hub, move |event| {
        given.recv().unwrap().unsubscribe();
        send.send(event.key().unwrap().to_owned()).unwrap();
    });
    store(&hub, "a");
    give.send(handle).unwrap();
    assert_eq!(told.iter().collect::<Vec<_>>(), ["a"]);
}
