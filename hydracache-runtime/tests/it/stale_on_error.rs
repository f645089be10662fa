//! Stale on error: an old value stands in for a load that failed.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{join, join_all};
use futures_util::{FutureExt, poll};
use hydracache_runtime::{CacheResult, ErrorKind, Eviction, RefreshOptions};

use crate::scene::{NANO, Scene, TTL, forgiving, just_before, mortal, settle};
use crate::stats::assert_counted;
use crate::support::{plain, ready, seconds};

over_both_stores! {
    a_failed_load_is_replaced_by_the_old_value,
    a_load_that_succeeds_is_not_replaced,
    the_window_counts_from_the_end_of_freshness,
    the_old_value_is_judged_when_it_is_handed_out,
    a_key_is_left_alone_after_a_failure,
    a_call_that_cannot_take_the_old_value_loads_during_the_pause,
    a_call_whose_window_is_shorter_loads_during_the_pause,
    a_put_ends_the_pause,
    a_successful_load_ends_the_pause,
    those_who_wait_get_what_their_own_call_allows,
    a_load_that_takes_too_long_is_replaced_as_well,
    a_panic_goes_on_in_its_caller,
    expiring_a_key_begins_the_window,
    a_value_of_another_type_does_not_stand_in,
    without_an_old_value_the_error_is_the_callers,
}

/// Lets the call wait for its load, answers that, and returns what came of it.
async fn loads(call: impl Future<Output = CacheResult<u32>>, answer: impl FnOnce()) -> CacheResult<u32> {
    let mut call = pin!(call);
    assert!(poll!(call.as_mut()).is_pending(), "it loads in the foreground");
    answer();
    call.await
}

async fn a_failed_load_is_replaced_by_the_old_value(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    assert_eq!(loads(scene.ask(forgiving()), || scene.desk.fail()).await.unwrap(), 1);
    assert_eq!(scene.cached(), None, "it is no fresher than before");
    assert_counted(scene.cache(), |stats| {
        stats.misses = 2;
        stats.loads = 2;
        stats.load_failures = 1;
        stats.stale_on_error_served = 1;
    });
}

async fn a_load_that_succeeds_is_not_replaced(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    assert_eq!(loads(scene.ask(forgiving()), || scene.desk.answer(2)).await.unwrap(), 2);
    assert_eq!(ready(scene.ask(forgiving())).unwrap(), 2);
    assert_eq!((scene.stats().stale_on_error_served, scene.desk.runs()), (0, 1));
}

async fn the_window_counts_from_the_end_of_freshness(eviction: Eviction) {
    for (age, expected) in [(TTL, Some(1)), (just_before(seconds(30)), Some(1)), (seconds(30), None)] {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(age);
        let result = loads(scene.ask(forgiving()), || scene.desk.fail()).await;
        assert_eq!(result.ok(), expected, "at {age:?}");
    }
}

/// A load that fails slowly may outlast the window.
async fn the_old_value_is_judged_when_it_is_handed_out(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(29));
    let answer = || {
        scene.clock.advance(seconds(1));
        scene.desk.fail();
    };
    let error = loads(scene.ask(forgiving()), answer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Load);
}

async fn a_key_is_left_alone_after_a_failure(eviction: Eviction) {
    let said = Duration::from_millis(2500);
    for (refresh, pause) in [(forgiving(), seconds(1)), (forgiving().retry_after(said), said)] {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(seconds(15));
        loads(scene.ask(refresh), || scene.desk.fail()).await.unwrap();
        for step in [Duration::ZERO, just_before(pause)] {
            scene.clock.advance(step);
            assert_eq!(ready(scene.ask(refresh)).unwrap(), 1);
            settle().await;
            assert_eq!(scene.desk.runs(), 1, "within {pause:?}");
        }
        let stats = scene.stats();
        assert_eq!((stats.misses, stats.stale_served, stats.stale_on_error_served), (2, 2, 3));
        scene.clock.advance(NANO);
        assert_eq!(loads(scene.ask(refresh), || scene.desk.answer(2)).await.unwrap(), 2);
    }
}

async fn a_call_that_cannot_take_the_old_value_loads_during_the_pause(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    loads(scene.ask(forgiving()), || scene.desk.fail()).await.unwrap();
    assert_eq!(loads(scene.load(), || scene.desk.answer(2)).await.unwrap(), 2);
}

async fn a_call_whose_window_is_shorter_loads_during_the_pause(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    loads(scene.ask(forgiving()), || scene.desk.fail()).await.unwrap();
    let short = RefreshOptions::new().stale_on_loader_error(seconds(5));
    assert_eq!(loads(scene.ask(short), || scene.desk.answer(2)).await.unwrap(), 2);
}

async fn a_put_ends_the_pause(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    loads(scene.ask(forgiving().retry_after(seconds(60))), || scene.desk.fail()).await.unwrap();
    scene.view.put("k", 7, mortal()).await.unwrap();
    assert_eq!(ready(scene.ask(forgiving())).unwrap(), 7);
    scene.clock.advance(TTL);
    assert_eq!(loads(scene.ask(forgiving()), || scene.desk.answer(8)).await.unwrap(), 8);
}

async fn a_successful_load_ends_the_pause(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    loads(scene.ask(forgiving().retry_after(seconds(60))), || scene.desk.fail()).await.unwrap();
    loads(scene.load(), || scene.desk.answer(2)).await.unwrap();
    scene.clock.advance(TTL);
    assert_eq!(loads(scene.ask(forgiving()), || scene.desk.answer(3)).await.unwrap(), 3);
}

async fn those_who_wait_get_what_their_own_call_allows(eviction: Eviction) {
    for leader_forgives in [false, true] {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(seconds(15));
        let refresh = if leader_forgives { forgiving() } else { RefreshOptions::new() };
        let mut leader = pin!(scene.ask(refresh));
        assert!(poll!(leader.as_mut()).is_pending());
        let forgive = join_all((0..5).map(|_| scene.ask(forgiving())));
        let strict = join_all((0..5).map(|_| scene.load()));
        let mut waiters = pin!(join(forgive, strict));
        assert!(poll!(waiters.as_mut()).is_pending());
        scene.desk.fail();
        let leader = leader.await;
        let (forgive, strict) = waiters.await;
        assert_eq!(leader.ok(), leader_forgives.then_some(1));
        assert!(forgive.into_iter().all(|result| result.unwrap() == 1));
        assert!(strict.into_iter().all(|result| result.unwrap_err().kind() == ErrorKind::Load));
        let stats = scene.stats();
        assert_eq!((scene.desk.runs(), stats.joins, stats.load_failures), (1, 10, 1));
        assert_eq!(stats.stale_on_error_served, 5 + u64::from(leader_forgives));
    }
}

async fn a_load_that_takes_too_long_is_replaced_as_well(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    let limited = forgiving().load_timeout(seconds(2));
    assert_eq!(loads(scene.ask(limited), || scene.clock.advance(seconds(2))).await.unwrap(), 1);
    assert_eq!(ready(scene.ask(limited)).unwrap(), 1, "the key is left alone");
    let stats = scene.stats();
    assert_eq!((stats.load_timeouts, stats.stale_on_error_served, scene.desk.runs()), (1, 2, 1));
    assert_eq!((stats.soft_timeouts, scene.desk.dropped()), (0, 1));
}

async fn a_panic_goes_on_in_its_caller(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    let mut call = pin!(std::panic::AssertUnwindSafe(scene.ask(forgiving())).catch_unwind());
    assert!(poll!(call.as_mut()).is_pending());
    scene.desk.panic();
    call.await.expect_err("a bug in the loader is not covered up");
    assert_eq!(scene.stats().stale_on_error_served, 0);
}

async fn expiring_a_key_begins_the_window(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.view.expire_key("k").await.unwrap();
    assert_eq!(loads(scene.ask(forgiving()), || scene.desk.fail()).await.unwrap(), 1);
    scene.clock.advance(seconds(20));
    loads(scene.ask(forgiving()), || scene.desk.fail())
        .await
        .expect_err("the window began when it was expired");
}

async fn a_value_of_another_type_does_not_stand_in(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    scene.cache().put("v:k", "text".to_owned(), plain().ttl(TTL)).await.unwrap();
    scene.clock.advance(seconds(15));
    let error = loads(scene.ask(forgiving()), || scene.desk.fail()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Load, "{error}");
}

async fn without_an_old_value_the_error_is_the_callers(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    for _ in 0..2 {
        let error = loads(scene.ask(forgiving()), || scene.desk.fail()).await.unwrap_err();
        assert_eq!(error.downcast_ref::<std::io::Error>().unwrap().to_string(), "the source is down");
    }
    assert_eq!((scene.desk.runs(), scene.stats().stale_on_error_served), (2, 0));
}
