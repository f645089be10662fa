//! Refreshing ahead: a value that is in use is loaded anew before it expires, and nobody waits for it.

use std::panic::AssertUnwindSafe;
use std::pin::pin;

use futures_util::future::join_all;
use futures_util::{FutureExt, poll};
use hydracache_runtime::{Eviction, RefreshOptions};

use crate::scene::{NANO, Scene, just_before, mortal, settle};
use crate::stats::assert_counted;
use crate::support::{plain, ready, seconds};

over_both_stores! {
    a_read_in_the_window_is_a_hit_and_loads_anew_in_the_background,
    a_value_that_is_in_use_never_expires,
    a_refreshed_value_lives_from_the_start_of_its_load,
    a_function_that_nobody_calls_is_not_refreshed,
    concurrent_hits_in_the_window_start_one_refresh,
    a_refresh_under_way_is_not_started_again,
    a_value_that_was_put_is_refreshed_by_a_call_that_says_so,
    a_call_that_says_nothing_does_not_refresh,
    a_call_after_the_end_joins_the_refresh,
    an_expired_value_is_not_handed_out_by_this_window,
    a_failed_refresh_waits_before_the_next,
    a_refresh_that_panics_waits_before_the_next,
    a_refresh_that_fails_to_begin_waits_before_the_next,
    a_refresh_ends_at_its_limit_and_waits_before_the_next,
    a_refresh_after_a_failure_that_succeeds_ends_the_pause,
    a_value_without_an_end_is_not_refreshed,
}

fn ahead() -> RefreshOptions {
    RefreshOptions::new().refresh_ahead(seconds(3))
}

async fn a_read_in_the_window_is_a_hit_and_loads_anew_in_the_background(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(just_before(seconds(7)));
    assert_eq!(ready(scene.ask(ahead())).unwrap(), 1);
    settle().await;
    assert_eq!(scene.desk.runs(), 0, "a nanosecond before the window");
    scene.clock.advance(NANO);
    assert_eq!(ready(scene.ask(ahead())).unwrap(), 1, "nobody waits for the refresh");
    settle().await;
    assert_eq!(scene.desk.runs(), 1, "the window has begun");
    scene.desk.answer(2);
    settle().await;
    assert_eq!(scene.cached(), Some(2));
    assert_eq!(ready(scene.ask(ahead())).unwrap(), 2);
    assert_counted(scene.cache(), |stats| {
        stats.misses = 1;
        stats.hits = 3;
        stats.loads = 2;
        stats.refreshes = 1;
    });
}

async fn a_value_that_is_in_use_never_expires(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    for second in 1..=100_u32 {
        scene.clock.advance(seconds(1));
        let load = || async move { Ok::<_, std::io::Error>(second) };
        let value = ready(scene.view.get_or_load_with_refresh("k", mortal(), ahead(), load)).unwrap();
        assert!(value + 10 > second, "the value of second {value} is handed out at {second}");
        settle().await;
    }
    let stats = scene.stats();
    assert_eq!((stats.misses, stats.hits), (1, 100), "nobody waited for a load but the first");
    assert_eq!(stats.refreshes, 14, "one every seven seconds");
}

async fn a_refreshed_value_lives_from_the_start_of_its_load(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(7));
    ready(scene.ask(ahead())).unwrap();
    settle().await;
    scene.clock.advance(seconds(2));
    scene.desk.answer(2);
    settle().await;
    scene.clock.advance(just_before(seconds(8)));
    assert_eq!(scene.cached(), Some(2), "it was read from the source at second 7");
    scene.clock.advance(NANO);
    assert_eq!(scene.cached(), None);
}

async fn a_function_that_nobody_calls_is_not_refreshed(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    ready(scene.ask(ahead())).unwrap();
    for _ in 0..100 {
        scene.clock.advance(seconds(1));
        settle().await;
    }
    assert_eq!((scene.desk.runs(), scene.stats().refreshes), (0, 0));
    assert_eq!(scene.clock.alarms(), 0, "nothing waits for a time");
}

async fn concurrent_hits_in_the_window_start_one_refresh(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(8));
    let values = ready(join_all((0..100).map(|_| scene.ask(ahead()))));
    assert!(values.into_iter().all(|value| value.unwrap() == 1));
    settle().await;
    assert_eq!(scene.desk.runs(), 1);
    assert_eq!((scene.stats().refreshes, scene.stats().hits), (1, 100));
}

async fn a_refresh_under_way_is_not_started_again(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(7));
    for _ in 0..3 {
        assert_eq!(ready(scene.ask(ahead())).unwrap(), 1);
        settle().await;
        scene.clock.advance(just_before(seconds(1)));
    }
    assert_eq!((scene.desk.runs(), scene.stats().refreshes), (1, 1));
}

async fn a_value_that_was_put_is_refreshed_by_a_call_that_says_so(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    scene.view.put("k", 5, plain().ttl(seconds(60))).await.unwrap();
    scene.clock.advance(seconds(56));
    assert_eq!(ready(scene.ask(ahead())).unwrap(), 5);
    settle().await;
    assert_eq!(scene.desk.runs(), 0, "the window counts from the end of the entry, not of the call's own");
    scene.clock.advance(seconds(1));
    assert_eq!(ready(scene.ask(ahead())).unwrap(), 5);
    settle().await;
    scene.desk.answer(6);
    settle().await;
    assert_eq!(scene.cached(), Some(6));
}

async fn a_call_that_says_nothing_does_not_refresh(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    ready(scene.ask(ahead())).unwrap();
    scene.clock.advance(seconds(9));
    assert_eq!(ready(scene.load()).unwrap(), 1);
    assert_eq!(ready(scene.ask(RefreshOptions::new())).unwrap(), 1);
    assert_eq!(scene.view.get("k").await.unwrap(), Some(1));
    settle().await;
    assert_eq!(scene.desk.runs(), 0);
}

async fn a_call_after_the_end_joins_the_refresh(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(9));
    ready(scene.ask(ahead())).unwrap();
    settle().await;
    scene.clock.advance(seconds(1));
    let mut late = pin!(scene.load());
    assert!(poll!(late.as_mut()).is_pending());
    scene.desk.answer(2);
    assert_eq!(late.await.unwrap(), 2);
    assert_eq!(scene.desk.runs(), 1, "refreshes and calls share their loads");
    assert_eq!(scene.stats().joins, 1);
}

async fn an_expired_value_is_not_handed_out_by_this_window(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(10));
    let mut call = pin!(scene.ask(ahead()));
    assert!(poll!(call.as_mut()).is_pending());
    scene.desk.answer(2);
    assert_eq!(call.await.unwrap(), 2);
    assert_eq!((scene.stats().refreshes, scene.stats().misses), (0, 2));
}

/// Asserts that no refresh starts during `pause` from now on, and one starts at its end.
async fn assert_pause(scene: &Scene, refresh: RefreshOptions, pause: std::time::Duration) {
    let runs = scene.desk.runs();
    for step in [std::time::Duration::ZERO, just_before(pause)] {
        scene.clock.advance(step);
        assert_eq!(ready(scene.ask(refresh)).unwrap(), 1);
        settle().await;
        assert_eq!(scene.desk.runs(), runs, "the key is left alone for {pause:?}");
    }
    scene.clock.advance(NANO);
    assert_eq!(ready(scene.ask(refresh)).unwrap(), 1);
    settle().await;
    assert_eq!(scene.desk.runs(), runs + 1, "the pause of {pause:?} is over");
}

async fn a_failed_refresh_waits_before_the_next(eviction: Eviction) {
    let said = std::time::Duration::from_millis(1500);
    for (refresh, pause) in [(ahead(), seconds(1)), (ahead().retry_after(said), said)] {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(seconds(7));
        ready(scene.ask(refresh)).unwrap();
        settle().await;
        scene.desk.fail();
        settle().await;
        assert_pause(&scene, refresh, pause).await;
        let stats = scene.stats();
        assert_eq!((stats.refreshes, stats.load_failures, stats.misses), (2, 1, 1));
        assert_eq!(stats.stale_on_error_served, 0, "the value is fresh");
    }
}

async fn a_refresh_that_panics_waits_before_the_next(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(7));
    ready(scene.ask(ahead())).unwrap();
    settle().await;
    scene.desk.panic();
    settle().await;
    assert_pause(&scene, ahead(), seconds(1)).await;
}

/// A loader that panics before it returns its future panics on the stack of its caller.
async fn a_refresh_that_fails_to_begin_waits_before_the_next(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(7));
    let doomed = || -> std::future::Ready<std::io::Result<u32>> { panic!("as this test wants") };
    let call = scene.view.get_or_load_with_refresh("k", mortal(), ahead(), doomed);
    drop(AssertUnwindSafe(call).catch_unwind().await);
    settle().await;
    assert_eq!(scene.stats().refreshes, 1);
    assert_pause(&scene, ahead(), seconds(1)).await;
}

async fn a_refresh_ends_at_its_limit_and_waits_before_the_next(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    let refresh = ahead().load_timeout(seconds(1));
    scene.clock.advance(seconds(7));
    ready(scene.ask(refresh)).unwrap();
    settle().await;
    scene.clock.advance(seconds(1));
    settle().await;
    assert_eq!((scene.desk.dropped(), scene.stats().load_timeouts), (1, 1));
    assert_pause(&scene, refresh, seconds(1)).await;
}

async fn a_refresh_after_a_failure_that_succeeds_ends_the_pause(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(7));
    ready(scene.ask(ahead())).unwrap();
    settle().await;
    scene.desk.fail();
    settle().await;
    scene.clock.advance(seconds(1));
    ready(scene.ask(ahead())).unwrap();
    settle().await;
    scene.desk.answer(2);
    settle().await;
    scene.clock.advance(seconds(7));
    assert_eq!(ready(scene.ask(ahead())).unwrap(), 2);
    settle().await;
    assert_eq!(scene.desk.runs(), 3, "the new value has a window of its own");
}

async fn a_value_without_an_end_is_not_refreshed(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    scene.view.put("k", 5, plain().no_ttl()).await.unwrap();
    scene.clock.advance(seconds(1_000_000));
    assert_eq!(ready(scene.ask(ahead())).unwrap(), 5);
    settle().await;
    assert_eq!(scene.desk.runs(), 0);
}

#[test]
fn without_a_runtime_nothing_is_refreshed_ahead() {
    for eviction in [Eviction::S3Fifo, Eviction::TinyLfu] {
        let scene = ready(Scene::new(eviction));
        scene.clock.advance(seconds(8));
        assert_eq!(ready(scene.ask(ahead())).unwrap(), 1);
        assert_eq!((scene.desk.runs(), scene.stats().refreshes), (0, 0), "{eviction:?}");
    }
}
