//! Who is told, in which order, and at what cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use super::super::{CacheEventKind, CacheEventOrigin, CacheEventRecvError, EventHub, Filter, Parts, Wakes};
use super::*;

fn build_nothing() -> Parts {
    unreachable!("nobody wants this event")
}

#[track_caller]
fn is_not_built(hub: &EventHub, kind: CacheEventKind) {
    assert!(!hub.wants(kind));
    hub.publish(kind, CacheEventOrigin::Local, &mut Wakes::default(), build_nothing);
}

#[test]
fn nothing_is_built_without_a_subscriber() {
    let hub = hub();
    is_not_built(&hub, CacheEventKind::Stored);
    is_not_built(&hub, CacheEventKind::Hit);
    assert_eq!(hub.events_published(), 0);
}

#[test]
fn nothing_is_built_that_no_subscriber_wants() {
    let hub = hub();
    let _events = hub.subscribe(Filter::mutations());
    is_not_built(&hub, CacheEventKind::Hit);
    store(&hub, "a");
    assert_eq!(hub.events_published(), 1);
}

#[test]
fn nothing_is_built_once_the_last_subscriber_has_gone() {
    let hub = hub();
    let (mutations, all) = (hub.subscribe(Filter::mutations()), hub.subscribe(Filter::all()));
    drop(all);
    is_not_built(&hub, CacheEventKind::Hit);
    assert!(hub.wants(CacheEventKind::Stored));
    mutations.unsubscribe();
    is_not_built(&hub, CacheEventKind::Stored);
    assert_eq!(hub.events_published(), 0);
}

#[test]
fn accesses_are_told_only_where_they_are_enabled() {
    let quiet = EventHub::new(CAPACITY, false);
    let (mut all, mut access) = (quiet.subscribe(Filter::all()), quiet.subscribe(Filter::access()));
    is_not_built(&quiet, CacheEventKind::Hit);
    store(&quiet, "a");
    assert_eq!((keys(&mut all).len(), keys(&mut access).len()), (1, 0));

    let open = hub();
    let mut access = open.subscribe(Filter::access());
    is_not_built(&open, CacheEventKind::Stored);
    publish(&open, CacheEventKind::Hit, "a");
    assert_eq!(keys(&mut access), ["a"]);
}

#[test]
fn every_subscriber_sees_the_same_order_and_numbers() {
    let hub = hub();
    let (mut all, mut one) = (hub.subscribe(Filter::all()), hub.subscribe(Filter::all().key("b")));
    for key in ["a", "b", "c", "b"] {
        store(&hub, key);
    }
    let numbered = |events: &mut CacheEvents| -> Vec<_> {
        let received = std::iter::from_fn(|| events.try_recv().unwrap());
        received.map(|event| (event.sequence(), event.key().unwrap().to_owned())).collect()
    };
    let all = numbered(&mut all);
    assert_eq!(all.iter().map(|(_, key)| key).collect::<Vec<_>>(), ["a", "b", "c", "b"]);
    assert!(all.is_sorted_by(|before, after| before.0 < after.0));
    assert_eq!(numbered(&mut one), [all[1].clone(), all[3].clone()]);
}

#[test]
fn a_subscriber_that_never_reads_keeps_only_its_capacity_and_stops_nobody() {
    let hub = hub();
    let (mut asleep, mut awake) = (hub.subscribe(Filter::all()), hub.subscribe(Filter::all()));
    for number in 0..1_000 {
        store(&hub, number);
        assert_eq!(next_key(&mut awake), number.to_string());
    }
    assert_eq!(asleep.try_recv().unwrap_err(), CacheEventRecvError::Lagged(1_000 - CAPACITY as u64));
    assert_eq!(keys(&mut asleep).len(), CAPACITY);
    assert_eq!(hub.subscriber_lag(), 1_000 - CAPACITY as u64);
}

struct Noting(AtomicBool);

impl Wake for Noting {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn no_waker_runs_until_the_publisher_lets_it() {
    let hub = hub();
    let mut events = hub.subscribe(Filter::all());
    let woken = Arc::new(Noting(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut receiving = Box::pin(events.recv());
    assert!(receiving.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());

    let mut wakes = Wakes::default();
    let parts = || Parts::key(CacheKey::from_text("a"));
    hub.publish(CacheEventKind::Stored, CacheEventOrigin::Local, &mut wakes, parts);
    hub.publish(CacheEventKind::Stored, CacheEventOrigin::Local, &mut wakes, parts);
    assert!(!woken.0.load(Ordering::SeqCst), "the publisher still holds its lock");
    drop(wakes);
    assert!(woken.0.load(Ordering::SeqCst));
    let received = receiving.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(matches!(received, Poll::Ready(Ok(event)) if event.key() == Some("a")));
}

#[test]
fn an_event_is_counted_before_it_is_received() {
    let hub = EventHub::new(10_000, true);
    let mut events = hub.subscribe(Filter::all());
    thread::scope(|scope| {
        scope.spawn(|| (0..1_000).for_each(|number| store(&hub, number)));
        for _ in 0..1_000 {
            let event = events.recv_blocking().unwrap();
            assert!(hub.events_published() >= event.sequence());
        }
    });
    assert_eq!(hub.events_published(), 1_000);
}

#[test]
fn many_publishers_give_one_order() {
    const PUBLISHERS: usize = 4;
    const EACH: u64 = 500;
    const ALL: u64 = PUBLISHERS as u64 * EACH;
    let hub = EventHub::new(64, true);
    let subscribers: Vec<_> = (0..3).map(|_| hub.subscribe(Filter::all())).collect();
    let late = hub.subscribe(Filter::mutations());
    let check = |mut events: CacheEvents| {
        let (mut last, mut received, mut missed) = (0, 0, 0);
        let mut latest_of = [None; PUBLISHERS];
        while received + missed < ALL {
            let event = match events.recv_blocking() {
                Ok(event) => event,
                Err(CacheEventRecvError::Lagged(count)) => {
                    missed += count;
                    continue;
                }
                Err(CacheEventRecvError::Closed) => unreachable!("the hub is still there"),
            };
            received += 1;
            assert!(event.sequence() > last);
            last = event.sequence();
            let (publisher, number) = event.key().unwrap().split_once(':').unwrap();
            let latest = &mut latest_of[publisher.parse::<usize>().unwrap()];
            let number = number.parse::<u64>().unwrap();
            assert!(latest.is_none_or(|latest| latest < number), "each publisher's own order is kept");
            *latest = Some(number);
        }
        assert_eq!(events.try_recv().unwrap().map(|event| event.sequence()), None);
        missed
    };
    let missed: u64 = thread::scope(|scope| {
        let readers: Vec<_> =
            subscribers.into_iter().map(|events| scope.spawn(move || check(events))).collect();
        let publishers: Vec<_> = (0..PUBLISHERS)
            .map(|publisher| {
                let hub = &hub;
                scope.spawn(move || (0..EACH).for_each(|number| store(hub, format!("{publisher}:{number}"))))
            })
            .collect();
        for publisher in publishers {
            publisher.join().unwrap();
        }
        let missed = check(late);
        readers.into_iter().map(|reader| reader.join().unwrap()).sum::<u64>() + missed
    });
    assert_eq!(hub.subscriber_lag(), missed);
    assert_eq!(hub.events_published(), ALL);
}
