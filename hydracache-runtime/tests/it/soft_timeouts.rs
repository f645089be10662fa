//! The soft limit: an old value is handed out when a load takes too long, and the load goes on.

use std::pin::pin;
use std::task::Poll;

use futures_util::future::join_all;
use futures_util::poll;
use hydracache_runtime::{ErrorKind, Eviction, RefreshOptions};

use crate::scene::{NANO, Scene, forgiving, just_before, settle};
use crate::stats::assert_counted;
use crate::support::{ready, seconds};

over_both_stores! {
    a_slow_load_is_replaced_by_the_old_value_and_goes_on,
    a_load_that_ends_before_the_soft_limit_is_not_replaced,
    a_load_that_went_on_is_not_started_again,
    those_who_wait_have_a_soft_limit_of_their_own,
    a_caller_without_a_soft_limit_waits_on,
    without_an_old_value_the_caller_waits,
    an_old_value_whose_window_ended_meanwhile_is_not_handed_out,
    a_load_that_went_on_ends_at_its_hard_limit,
    a_load_that_went_on_is_overtaken_like_any_other,
    a_load_that_went_on_and_failed_leaves_the_old_value,
    a_fresh_value_needs_no_limit,
}

fn impatient() -> RefreshOptions {
    forgiving().soft_timeout(seconds(1))
}

async fn a_slow_load_is_replaced_by_the_old_value_and_goes_on(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    let mut call = pin!(scene.ask(impatient()));
    assert!(poll!(call.as_mut()).is_pending());
    scene.clock.advance(just_before(seconds(1)));
    settle().await;
    assert!(poll!(call.as_mut()).is_pending());
    scene.clock.advance(NANO);
    assert_eq!(call.await.unwrap(), 1);
    settle().await;
    assert_eq!(scene.desk.dropped(), 0, "the load goes on");
    scene.desk.answer(2);
    settle().await;
    assert_eq!(scene.cached(), Some(2));
    let stats = scene.stats();
    assert_eq!((stats.misses, stats.loads, stats.stale_served), (2, 2, 0));
    assert_eq!((stats.soft_timeouts, stats.stale_on_error_served, stats.load_timeouts), (1, 1, 0));
    assert_eq!((stats.load_failures, stats.cancelled, stats.requests()), (0, 0, 2));
}

async fn a_load_that_ends_before_the_soft_limit_is_not_replaced(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    let mut call = pin!(scene.ask(impatient()));
    assert!(poll!(call.as_mut()).is_pending());
    scene.clock.advance(just_before(seconds(1)));
    scene.desk.answer(2);
    assert_eq!(call.await.unwrap(), 2);
    assert_eq!(scene.clock.alarms(), 0);
    assert_counted(scene.cache(), |stats| {
        stats.misses = 2;
        stats.loads = 2;
    });
}

async fn a_load_that_went_on_is_not_started_again(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    for call in 0..5 {
        let mut ask = pin!(scene.ask(impatient()));
        let value = match poll!(ask.as_mut()) {
            Poll::Ready(value) => value,
            Poll::Pending => {
                scene.clock.advance(seconds(1));
                ask.await
            }
        };
        assert_eq!(value.unwrap(), 1);
        settle().await;
        assert_eq!(scene.desk.runs(), 1, "one load for all of them, in call {call}");
    }
    scene.desk.answer(2);
    settle().await;
    assert_eq!(ready(scene.ask(impatient())).unwrap(), 2);
}

async fn those_who_wait_have_a_soft_limit_of_their_own(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    let mut leader = pin!(scene.load());
    assert!(poll!(leader.as_mut()).is_pending());
    let mut waiters = pin!(join_all((0..5).map(|_| scene.ask(impatient()))));
    assert!(poll!(waiters.as_mut()).is_pending());
    scene.clock.advance(seconds(1));
    for waiter in waiters.await {
        assert_eq!(waiter.unwrap(), 1);
    }
    let stats = scene.stats();
    assert_eq!((stats.soft_timeouts, stats.stale_on_error_served, stats.joins), (5, 5, 5));
    assert!(poll!(leader.as_mut()).is_pending(), "who led goes on with its load");
    scene.desk.answer(2);
    assert_eq!((leader.await.unwrap(), scene.desk.runs()), (2, 1));
}

async fn a_caller_without_a_soft_limit_waits_on(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    let mut leader = pin!(scene.ask(impatient()));
    assert!(poll!(leader.as_mut()).is_pending());
    let mut patient = pin!(scene.ask(forgiving()));
    let mut strict = pin!(scene.load());
    assert!(poll!(patient.as_mut()).is_pending() && poll!(strict.as_mut()).is_pending());
    scene.clock.advance(seconds(1));
    assert_eq!(leader.await.unwrap(), 1);
    settle().await;
    assert!(poll!(patient.as_mut()).is_pending() && poll!(strict.as_mut()).is_pending());
    scene.desk.answer(2);
    assert_eq!((patient.await.unwrap(), strict.await.unwrap()), (2, 2));
    assert_eq!(scene.desk.runs(), 1);
}

async fn without_an_old_value_the_caller_waits(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut call = pin!(scene.ask(impatient()));
    assert!(poll!(call.as_mut()).is_pending());
    scene.clock.advance(seconds(100));
    settle().await;
    assert!(poll!(call.as_mut()).is_pending());
    scene.desk.answer(2);
    assert_eq!(call.await.unwrap(), 2);
    assert_eq!((scene.stats().soft_timeouts, scene.stats().stale_on_error_served), (0, 0));
}

async fn an_old_value_whose_window_ended_meanwhile_is_not_handed_out(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(29));
    let mut call = pin!(scene.ask(impatient()));
    assert!(poll!(call.as_mut()).is_pending());
    scene.clock.advance(seconds(1));
    settle().await;
    assert!(poll!(call.as_mut()).is_pending(), "the window ended in this moment");
    scene.desk.answer(2);
    assert_eq!(call.await.unwrap(), 2);
    assert_eq!(scene.stats().soft_timeouts, 0);
}

async fn a_load_that_went_on_ends_at_its_hard_limit(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    let refresh = impatient().load_timeout(seconds(3));
    let mut leader = pin!(scene.ask(refresh));
    assert!(poll!(leader.as_mut()).is_pending());
    scene.clock.advance(seconds(1));
    assert_eq!(leader.await.unwrap(), 1);
    settle().await;
    let mut strict = pin!(scene.load());
    assert!(poll!(strict.as_mut()).is_pending());
    scene.clock.advance(just_before(seconds(2)));
    settle().await;
    assert_eq!(scene.desk.dropped(), 0);
    scene.clock.advance(NANO);
    settle().await;
    assert_eq!((scene.desk.dropped(), scene.stats().load_timeouts), (1, 1));
    assert_eq!(ready(strict).unwrap_err().kind(), ErrorKind::LoadTimeout);
    scene.desk.forget();
    assert_eq!(ready(scene.ask(refresh)).unwrap(), 1, "the key is left alone after the failure");
    assert_eq!(scene.desk.runs(), 1);
}

async fn a_load_that_went_on_is_overtaken_like_any_other(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    let mut call = pin!(scene.ask(impatient()));
    assert!(poll!(call.as_mut()).is_pending());
    scene.clock.advance(seconds(1));
    assert_eq!(call.await.unwrap(), 1);
    settle().await;
    scene.view.invalidate_tag("t").await.unwrap();
    scene.desk.answer(2);
    settle().await;
    assert_eq!((scene.cached(), scene.stats().stale_discards), (None, 1));
}

async fn a_load_that_went_on_and_failed_leaves_the_old_value(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    let mut call = pin!(scene.ask(impatient()));
    assert!(poll!(call.as_mut()).is_pending());
    scene.clock.advance(seconds(1));
    assert_eq!(call.await.unwrap(), 1);
    settle().await;
    scene.clock.advance(seconds(2));
    scene.desk.fail();
    settle().await;
    assert_eq!(ready(scene.ask(impatient())).unwrap(), 1, "the pause counts from the failure");
    assert_eq!((scene.desk.runs(), scene.stats().load_failures), (1, 1));
    scene.clock.advance(seconds(1));
    let mut call = pin!(scene.ask(impatient()));
    assert!(poll!(call.as_mut()).is_pending(), "the pause is over");
    scene.desk.answer(2);
    assert_eq!(call.await.unwrap(), 2);
}

async fn a_fresh_value_needs_no_limit(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    assert_eq!(ready(scene.ask(impatient())).unwrap(), 1);
    assert_eq!((scene.desk.runs(), scene.clock.alarms()), (0, 0));
}
