//! What subscribers of a bus can see.

#![allow(clippy::missing_panics_doc, reason = "a check panics when a bus fails it; that is what it is for")]

use std::collections::HashMap;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;

use super::bench::{Bench, Deadline, Got, Make, run};
use crate::invalidation::{CacheInvalidation, CacheInvalidationMessage};

pub fn every_subscriber_gets_every_message(make: Make<'_>) {
    let bench = Bench::new(make, 64);
    let mut readers = [(); 3].map(|()| bench.subscribe());
    run(async {
        bench.publish(1..=20).await;
        for reader in &mut readers {
            reader.expect(&bench, 1..=20).await;
        }
    });
}

/// A bus passes on what it does not understand: texts of all kinds, numbers in any order, and mere positions.
pub fn every_kind_of_message_arrives_as_it_was(make: Make<'_>) {
    let bench = Bench::new(make, 64);
    let mut reader = bench.subscribe();
    let kinds = [
        CacheInvalidation::Key("user:42".into()),
        CacheInvalidation::Key(String::new()),
        CacheInvalidation::Expire("Füße, ноги, 足 and \0".into()),
        CacheInvalidation::Tag("users".into()),
        CacheInvalidation::Namespace("users".into()),
        CacheInvalidation::Prefix("user:".into()),
        CacheInvalidation::Flush,
        CacheInvalidation::Position,
    ];
    run(async {
        for sequence in [1, 2, 0, 0, u64::MAX, 7, 1] {
            for kind in &kinds {
                let message = bench.message(sequence, kind.clone());
                bench.publish_message(message.clone()).await;
                assert_eq!(reader.next_message().await, message);
            }
        }
        let unsequenced = CacheInvalidationMessage::unsequenced(&bench.publisher, CacheInvalidation::Flush);
        bench.publish_message(unsequenced.clone()).await;
        assert_eq!(reader.next_message().await, unsequenced);
    });
}

pub fn messages_of_one_publisher_stay_in_order(make: Make<'_>) {
    const EACH: u64 = 200;
    let bench = Bench::new(make, 4 * usize::try_from(EACH).expect("it is small"));
    let mut reader = bench.subscribe();
    thread::scope(|scope| {
        // Incarnations, because a reader passes over other publishers.
        for n in 0..4 {
            let publisher = Bench { generation: bench.generation.wrapping_add(n), ..bench.clone() };
            scope.spawn(move || run(publisher.publish(1..=EACH)));
        }
    });
    let mut last: HashMap<u64, u64> = HashMap::new();
    run(async {
        for _ in 0..4 * EACH {
            let message = reader.next_message().await;
            let last = last.entry(message.generation()).or_default();
            *last += 1;
            assert_eq!(message.sequence(), *last, "a message was overtaken by one of its own publisher");
        }
    });
    assert_eq!(last.len(), 4);
}

pub fn a_later_subscriber_gets_later_messages_only(make: Make<'_>) {
    let bench = Bench::new(make, 64);
    run(async {
        bench.publish(1..=3).await;
        let mut reader = bench.subscribe();
        bench.publish(4..=6).await;
        reader.expect(&bench, 4..=6).await;
    });
}

pub fn a_slow_subscriber_is_told_that_it_missed_some(make: Make<'_>) {
    const PUBLISHED: u64 = 100;
    let bench = Bench::new(make, 4);
    let mut reader = bench.subscribe();
    run(async {
        bench.publish(1..=PUBLISHED).await;
        let (mut last, mut told) = (0, false);
        while last < PUBLISHED {
            match reader.next().await {
                Got::Lagged(missed) => {
                    assert!(missed > 0, "nothing was missed, and it is said nevertheless");
                    told = true;
                }
                Got::Message(message) => {
                    let missed = message.sequence().checked_sub(last + 1);
                    let missed = missed.expect("messages of one publisher stay in order");
                    assert!(
                        missed == 0 || told,
                        "{missed} messages before {} are missing",
                        message.sequence()
                    );
                    (last, told) = (message.sequence(), false);
                }
            }
        }
        // Whoever was told reads on as before.
        bench.publish(PUBLISHED + 1..=PUBLISHED + 2).await;
        reader.expect(&bench, PUBLISHED + 1..=PUBLISHED + 2).await;
    });
}

pub fn publishing_needs_no_subscriber(make: Make<'_>) {
    let bench = Bench::new(make, 4);
    run(async {
        bench.publish(1..=20).await;
        drop(bench.subscribe());
        bench.publish(21..=40).await;
    });
}

pub fn a_subscriber_that_left_disturbs_nobody(make: Make<'_>) {
    let bench = Bench::new(make, 64);
    let (mut stays, mut leaves) = (bench.subscribe(), bench.subscribe());
    run(async {
        bench.publish(1..=3).await;
        leaves.expect(&bench, 1..=2).await;
        drop(leaves);
        bench.publish(4..=6).await;
        stays.expect(&bench, 1..=6).await;
    });
}

/// Whoever waits for several things at once drops the wait for a message when another comes first.
pub fn giving_up_waiting_loses_nothing(make: Make<'_>) {
    let bench = Bench::new(make, 64);
    let mut reader = bench.subscribe();
    let mut poll_once = || {
        let mut context = Context::from_waker(Waker::noop());
        let polled = reader.receiver.recv().as_mut().poll(&mut context);
        let Poll::Ready(received) = polled else { return None };
        reader.of_this_test(received)
    };
    assert_eq!(poll_once(), None, "there is nothing yet");
    run(bench.publish(1..=20));
    let deadline = Deadline::new();
    for sequence in 1..=20 {
        let got = loop {
            if let Some(got) = poll_once() {
                break got;
            }
            let _ = deadline.left();
            thread::yield_now();
        };
        assert_eq!(got, Got::Message(bench.numbered(sequence)));
    }
}

pub fn a_waiting_subscriber_is_woken(make: Make<'_>) {
    let bench = Bench::new(make, 64);
    let mut reader = bench.subscribe();
    thread::scope(|scope| {
        let (waits, is_waiting) = mpsc::channel();
        let waiting = scope.spawn(move || {
            run(async {
                let mut next = std::pin::pin!(reader.next());
                let mut waits = Some(waits);
                std::future::poll_fn(|context| {
                    let polled = next.as_mut().poll(context);
                    if let (true, Some(waits)) = (polled.is_pending(), waits.take()) {
                        let _ = waits.send(());
                    }
                    polled
                })
                .await
            })
        });
        is_waiting.recv().expect("it waits, because nothing was published");
        run(bench.publish(1..=1));
        assert_eq!(waiting.join().expect("it is woken"), Got::Message(bench.numbered(1)));
    });
}

pub fn it_works_inside_a_tokio_runtime(make: Make<'_>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be made");
    // Made outside, as a cache may be.
    let bench = Bench::new(make, 64);
    let mut early = bench.subscribe();
    runtime.block_on(async {
        let mut reader = bench.subscribe();
        bench.publish(1..=5).await;
        reader.expect(&bench, 1..=5).await;
        early.expect(&bench, 1..=5).await;
    });
    run(async {
        bench.publish(6..=7).await;
        early.expect(&bench, 6..=7).await;
    });
}
