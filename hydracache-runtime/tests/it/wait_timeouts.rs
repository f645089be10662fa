//! The limit of waiting: a leader that nobody polls strands nobody, and what it returns late does no harm.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::poll;
use hydracache_runtime::{Eviction, RefreshOptions};

use crate::scene::{ENDINGS, NANO, Scene, just_before, settle};
use crate::support::seconds;

over_both_stores! {
    an_overdue_waiter_loads_beside_the_leader,
    one_of_the_overdue_waiters_loads_and_the_others_join_it,
    later_callers_join_the_load_beside,
    a_waiter_is_overdue_after_the_load_timeout_or_thirty_seconds,
    a_leader_that_ends_in_time_serves_its_waiters,
    the_late_result_of_a_stuck_leader_does_not_replace_a_later_one,
    the_result_of_a_stuck_leader_is_stored_if_nothing_later_is,
    the_late_result_of_a_stuck_leader_is_fenced,
    callers_that_do_not_share_load_each_for_themselves,
    a_call_that_shares_does_not_join_a_load_that_does_not,
}

fn waits(limit: Duration) -> RefreshOptions {
    RefreshOptions::new().wait_timeout(limit)
}

async fn an_overdue_waiter_loads_beside_the_leader(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut stuck = pin!(scene.load());
    assert!(poll!(stuck.as_mut()).is_pending());
    let mut waiter = pin!(scene.ask(waits(seconds(5))));
    assert!(poll!(waiter.as_mut()).is_pending());
    assert_eq!(scene.clock.alarms(), 1, "the waiter watches its limit");
    scene.clock.advance(just_before(seconds(5)));
    assert!(poll!(waiter.as_mut()).is_pending());
    assert_eq!(scene.desk.runs(), 1);
    scene.clock.advance(NANO);
    assert!(poll!(waiter.as_mut()).is_pending());
    assert_eq!(scene.desk.runs(), 2, "it loads beside");
    scene.desk.answer_last(2);
    assert_eq!(waiter.await.unwrap(), 2);
    let stats = scene.stats();
    assert_eq!((stats.wait_timeouts, stats.loads, stats.misses, stats.joins), (1, 2, 1, 1));
    assert_eq!((stats.load_timeouts, stats.requests()), (0, 2));
    assert_eq!(scene.cached(), Some(2));
}

async fn one_of_the_overdue_waiters_loads_and_the_others_join_it(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut stuck = pin!(scene.load());
    assert!(poll!(stuck.as_mut()).is_pending());
    let mut waiters = pin!(join_all((0..10).map(|_| scene.ask(waits(seconds(5))))));
    assert!(poll!(waiters.as_mut()).is_pending());
    scene.clock.advance(seconds(5));
    assert!(poll!(waiters.as_mut()).is_pending());
    settle().await;
    assert!(poll!(waiters.as_mut()).is_pending());
    assert_eq!(scene.desk.runs(), 2, "one load for all ten");
    scene.desk.answer_last(2);
    assert!(waiters.await.into_iter().all(|value| value.unwrap() == 2));
    assert!((1..=10).contains(&scene.stats().wait_timeouts));
}

async fn later_callers_join_the_load_beside(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut stuck = pin!(scene.load());
    assert!(poll!(stuck.as_mut()).is_pending());
    let mut overdue = pin!(scene.ask(waits(seconds(5))));
    assert!(poll!(overdue.as_mut()).is_pending());
    scene.clock.advance(seconds(5));
    assert!(poll!(overdue.as_mut()).is_pending());
    let mut later = pin!(scene.load());
    assert!(poll!(later.as_mut()).is_pending());
    assert_eq!(scene.desk.runs(), 2);
    scene.desk.answer_last(2);
    assert_eq!((overdue.await.unwrap(), later.await.unwrap()), (2, 2));
}

async fn a_waiter_is_overdue_after_the_load_timeout_or_thirty_seconds(eviction: Eviction) {
    let limited = RefreshOptions::new().load_timeout(seconds(3));
    for (refresh, limit) in [
        (limited, seconds(3)),
        (limited.wait_timeout(seconds(1)), seconds(1)),
        (RefreshOptions::new(), seconds(30)),
    ] {
        let scene = Scene::empty(eviction);
        let mut stuck = pin!(scene.load());
        assert!(poll!(stuck.as_mut()).is_pending());
        let mut waiter = pin!(scene.ask(refresh));
        assert!(poll!(waiter.as_mut()).is_pending());
        scene.clock.advance(just_before(limit));
        assert!(poll!(waiter.as_mut()).is_pending());
        assert_eq!(scene.desk.runs(), 1, "before {limit:?}");
        scene.clock.advance(NANO);
        assert!(poll!(waiter.as_mut()).is_pending());
        assert_eq!(scene.desk.runs(), 2, "after {limit:?}");
    }
    let scene = Scene::empty(eviction);
    let mut stuck = pin!(scene.load());
    assert!(poll!(stuck.as_mut()).is_pending());
    let mut waiter = pin!(scene.load());
    assert!(poll!(waiter.as_mut()).is_pending());
    scene.clock.advance(seconds(30));
    assert!(poll!(waiter.as_mut()).is_pending());
    assert_eq!(scene.desk.runs(), 2, "a call that says nothing waits for thirty seconds");
}

async fn a_leader_that_ends_in_time_serves_its_waiters(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut leader = pin!(scene.load());
    assert!(poll!(leader.as_mut()).is_pending());
    let mut waiter = pin!(scene.ask(waits(seconds(5))));
    assert!(poll!(waiter.as_mut()).is_pending());
    scene.clock.advance(seconds(4));
    scene.desk.answer(2);
    assert_eq!((leader.await.unwrap(), waiter.await.unwrap()), (2, 2));
    assert_eq!((scene.clock.alarms(), scene.stats().wait_timeouts, scene.desk.runs()), (0, 0, 1));
}

/// Begins a load that is stuck, and one beside it that returns 2.
async fn overtake(scene: &Scene) {
    let mut waiter = pin!(scene.ask(waits(seconds(5))));
    assert!(poll!(waiter.as_mut()).is_pending());
    scene.clock.advance(seconds(5));
    assert!(poll!(waiter.as_mut()).is_pending());
    scene.desk.answer_last(2);
    assert_eq!(waiter.await.unwrap(), 2);
}

async fn the_late_result_of_a_stuck_leader_does_not_replace_a_later_one(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut stuck = pin!(scene.load());
    assert!(poll!(stuck.as_mut()).is_pending());
    overtake(&scene).await;
    scene.desk.answer(1);
    assert_eq!(stuck.await.unwrap(), 1, "its own caller gets what it read");
    assert_eq!(scene.cached(), Some(2));
    assert_eq!(scene.stats().stale_discards, 1);
}

async fn the_result_of_a_stuck_leader_is_stored_if_nothing_later_is(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut stuck = pin!(scene.load());
    assert!(poll!(stuck.as_mut()).is_pending());
    let mut waiter = pin!(scene.ask(waits(seconds(5))));
    assert!(poll!(waiter.as_mut()).is_pending());
    scene.clock.advance(seconds(5));
    assert!(poll!(waiter.as_mut()).is_pending());
    scene.desk.answer(1);
    assert_eq!(stuck.await.unwrap(), 1);
    assert_eq!(scene.cached(), Some(1), "any load whose key was left alone may store");
    scene.desk.answer(2);
    assert_eq!(waiter.await.unwrap(), 2);
    assert_eq!(scene.cached(), Some(2), "the later reading replaces the earlier");
}

async fn the_late_result_of_a_stuck_leader_is_fenced(eviction: Eviction) {
    for (name, end) in ENDINGS {
        for before in [true, false] {
            let scene = Scene::empty(eviction);
            let mut stuck = pin!(scene.load());
            assert!(poll!(stuck.as_mut()).is_pending());
            if before {
                end(&scene.view);
                scene.view.remove("k").await.unwrap();
                let mut fresh = pin!(scene.load());
                assert!(poll!(fresh.as_mut()).is_pending());
                scene.desk.answer_last(2);
                assert_eq!(fresh.await.unwrap(), 2, "after `{name}`");
            } else {
                overtake(&scene).await;
                end(&scene.view);
            }
            let expected = scene.cached();
            scene.desk.answer(1);
            assert_eq!(stuck.await.unwrap(), 1);
            assert_eq!(scene.cached(), expected, "after `{name}`");
        }
    }
}

async fn callers_that_do_not_share_load_each_for_themselves(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let alone = RefreshOptions::new().single_flight(false);
    let mut calls = pin!(join_all((0..3).map(|_| scene.ask(alone))));
    assert!(poll!(calls.as_mut()).is_pending());
    assert_eq!(scene.desk.runs(), 3);
    for value in 1..=3 {
        scene.desk.answer(value);
    }
    let values: Vec<u32> = calls.await.into_iter().map(Result::unwrap).collect();
    assert_eq!(values, [1, 2, 3]);
    let stats = scene.stats();
    assert_eq!((stats.loads, stats.misses, stats.joins), (3, 3, 0));
    assert_eq!(scene.cached(), Some(3), "the latest reading is the one that stays");
    assert_eq!(crate::support::ready(scene.ask(alone)).unwrap(), 3, "a hit is a hit");
}

async fn a_call_that_shares_does_not_join_a_load_that_does_not(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut leader = pin!(scene.load());
    assert!(poll!(leader.as_mut()).is_pending());
    let mut alone = pin!(scene.ask(RefreshOptions::new().single_flight(false)));
    assert!(poll!(alone.as_mut()).is_pending());
    assert_eq!(scene.desk.runs(), 2, "it does not wait for the leader");
    let mut waiter = pin!(scene.load());
    assert!(poll!(waiter.as_mut()).is_pending());
    assert_eq!(scene.desk.runs(), 2, "who shares joins the leader");
    scene.desk.answer(1);
    assert_eq!((leader.await.unwrap(), waiter.await.unwrap()), (1, 1));
    scene.desk.answer(2);
    assert_eq!(alone.await.unwrap(), 2);
}
