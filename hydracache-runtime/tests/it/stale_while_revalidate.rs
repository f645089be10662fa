//! Stale while revalidate: an old value is handed out at once, and one load in the background replaces it.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::poll;
use hydracache_runtime::{ErrorKind, Eviction, RefreshOptions};

use crate::scene::{NANO, Scene, TTL, just_before, mortal, revalidating, settle};
use crate::stats::assert_counted;
use crate::support::{plain, ready, seconds};

over_both_stores! {
    an_old_value_is_handed_out_and_loaded_in_the_background,
    the_window_counts_from_the_end_of_freshness,
    concurrent_callers_in_the_window_start_one_refresh,
    reads_and_calls_that_say_nothing_never_see_an_old_value,
    looking_at_an_old_value_does_not_take_it_away,
    a_sweep_does_not_take_away_what_a_call_may_be_handed,
    after_the_window_the_value_is_swept,
    a_value_that_was_put_is_handed_out_stale_to_a_call_that_says_so,
    expiring_a_key_begins_the_window,
    expiring_an_old_key_does_not_begin_the_window_again,
    a_failed_refresh_waits_before_the_next_and_the_old_value_serves,
    a_refresh_that_panics_waits_before_the_next,
    after_the_window_a_failure_is_an_error,
    the_refreshed_value_is_fresh,
    both_windows_work_together,
    a_fresh_value_is_not_refreshed_by_this_window,
}

async fn an_old_value_is_handed_out_and_loaded_in_the_background(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    assert_eq!(ready(scene.ask(revalidating())).unwrap(), 1, "nobody waits");
    settle().await;
    assert_eq!(scene.desk.runs(), 1);
    scene.desk.answer(2);
    settle().await;
    assert_eq!(ready(scene.ask(revalidating())).unwrap(), 2);
    assert_counted(scene.cache(), |stats| {
        stats.misses = 1;
        stats.stale_served = 1;
        stats.hits = 1;
        stats.loads = 2;
        stats.refreshes = 1;
    });
    assert_eq!(scene.stats().requests(), 3);
}

async fn the_window_counts_from_the_end_of_freshness(eviction: Eviction) {
    for (age, stale) in
        [(just_before(TTL), false), (TTL, true), (just_before(seconds(30)), true), (seconds(30), false)]
    {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(age);
        let mut call = pin!(scene.ask(revalidating()));
        let waits = poll!(call.as_mut()).is_pending();
        assert_eq!(waits, age == seconds(30), "at {age:?}");
        assert_eq!(scene.stats().stale_served, u64::from(stale), "at {age:?}");
        if waits {
            scene.desk.answer(2);
            assert_eq!(call.await.unwrap(), 2);
        }
    }
}

async fn concurrent_callers_in_the_window_start_one_refresh(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(11));
    for round in 1..=2 {
        let values = ready(join_all((0..50).map(|_| scene.ask(revalidating()))));
        assert!(values.into_iter().all(|value| value.unwrap() == 1));
        settle().await;
        assert_eq!(scene.desk.runs(), 1, "in round {round}");
    }
    let stats = scene.stats();
    assert_eq!((stats.refreshes, stats.stale_served, stats.requests()), (1, 100, 101));
}

async fn reads_and_calls_that_say_nothing_never_see_an_old_value(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    ready(scene.ask(revalidating())).unwrap();
    scene.clock.advance(TTL);
    let (view, cache) = (&scene.view, scene.cache());
    assert_eq!(view.get("k").await.unwrap(), None);
    assert_eq!(view.get_arc("k").await.unwrap(), None);
    assert_eq!(view.fetch("k").await.unwrap(), None);
    assert_eq!(view.peek("k").unwrap(), None);
    assert_eq!(view.get_encoded("k").await.unwrap(), None);
    assert!(!view.contains_key("k").await);
    assert!(view.get_many(["k"]).await.unwrap().is_empty());
    assert_eq!(cache.get::<u32>("v:k").await.unwrap(), None);
    assert!(!cache.contains_key("v:k").await);
    assert!(!view.expire_key("k").await.unwrap(), "a read would not have found it");
    let bulk = view.get_many_or_load(["k"], mortal(), async |_| Ok::<_, std::io::Error>([("k", 2)]));
    assert_eq!(bulk.await.unwrap()["k"], 2);
    scene.clock.advance(TTL);
    let mut call = pin!(scene.load());
    assert!(poll!(call.as_mut()).is_pending(), "a call without windows loads");
    scene.desk.answer(3);
    assert_eq!(call.await.unwrap(), 3);
    assert_eq!(scene.stats().stale_served, 0);
}

async fn looking_at_an_old_value_does_not_take_it_away(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(12));
    assert_eq!(scene.view.get("k").await.unwrap(), None);
    assert_eq!(scene.cached(), None);
    assert!(scene.view.get_many(["k"]).await.unwrap().is_empty());
    assert!(!scene.view.contains_key("k").await);
    assert_eq!(ready(scene.ask(revalidating())).unwrap(), 1);
}

/// However the value came, a call that was handed it may be handed it again until its window ends.
async fn a_sweep_does_not_take_away_what_a_call_may_be_handed(eviction: Eviction) {
    for way in ["load with windows", "load", "put", "fill"] {
        let scene = Scene::empty(eviction);
        let one = || async { Ok::<_, std::io::Error>(1) };
        match way {
            "load with windows" => {
                _ = scene.view.get_or_load_with_refresh("k", mortal(), revalidating(), one).await.unwrap();
            }
            "load" => _ = scene.view.get_or_load("k", mortal(), one).await.unwrap(),
            "put" => scene.view.put("k", 1, mortal()).await.unwrap(),
            _ => assert!(scene.view.fill(&scene.view.fill_token("k").unwrap(), 1, mortal()).unwrap()),
        }
        assert_eq!(ready(scene.ask(revalidating())).unwrap(), 1);
        scene.clock.advance(just_before(seconds(30)));
        scene.cache().sweep();
        let mut call = pin!(scene.ask(revalidating()));
        assert!(poll!(call.as_mut()).is_ready(), "the value of a {way} was swept");
    }
}

async fn after_the_window_the_value_is_swept(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let one = || async { Ok::<_, std::io::Error>(1) };
    scene.view.get_or_load_with_refresh("k", mortal(), revalidating(), one).await.unwrap();
    for (step, expected) in
        [(just_before(TTL), (1, 0)), (NANO, (0, 1)), (just_before(seconds(20)), (0, 1)), (NANO, (0, 0))]
    {
        scene.clock.advance(step);
        scene.cache().sweep();
        let diagnostics = scene.cache().diagnostics().await;
        assert_eq!((diagnostics.live_entries, diagnostics.stale_entries), expected);
        assert_eq!(diagnostics.dead_entries, 0);
    }
}

async fn a_value_that_was_put_is_handed_out_stale_to_a_call_that_says_so(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    scene.view.put("k", 5, plain().ttl(seconds(1))).await.unwrap();
    assert_eq!(ready(scene.ask(revalidating())).unwrap(), 5);
    scene.clock.advance(just_before(seconds(21)));
    assert_eq!(ready(scene.ask(revalidating())).unwrap(), 5);
    settle().await;
    scene.desk.answer(6);
    settle().await;
    assert_eq!(scene.cached(), Some(6));
}

async fn expiring_a_key_begins_the_window(eviction: Eviction) {
    for age in [0, 5] {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(seconds(age));
        assert!(scene.view.expire_key("k").await.unwrap());
        assert_eq!(scene.cached(), None);
        scene.clock.advance(just_before(seconds(20)));
        assert_eq!(ready(scene.ask(revalidating())).unwrap(), 1, "expired at {age}");
        settle().await;
        scene.desk.fail();
        settle().await;
        scene.clock.advance(seconds(2));
        let mut call = pin!(scene.ask(revalidating()));
        assert!(poll!(call.as_mut()).is_pending(), "the window is over");
    }
}

async fn expiring_an_old_key_does_not_begin_the_window_again(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(25));
    assert!(!scene.view.expire_key("k").await.unwrap());
    scene.clock.advance(seconds(5));
    let mut call = pin!(scene.ask(revalidating()));
    assert!(poll!(call.as_mut()).is_pending(), "its freshness ended at second 10");
}

async fn a_failed_refresh_waits_before_the_next_and_the_old_value_serves(eviction: Eviction) {
    let said = Duration::from_millis(2500);
    for (refresh, pause) in [(revalidating(), seconds(1)), (revalidating().retry_after(said), said)] {
        let scene = Scene::new(eviction).await;
        scene.clock.advance(seconds(11));
        ready(scene.ask(refresh)).unwrap();
        settle().await;
        scene.desk.fail();
        settle().await;
        for (step, runs) in [(Duration::ZERO, 1), (just_before(pause), 1), (NANO, 2)] {
            scene.clock.advance(step);
            assert_eq!(ready(scene.ask(refresh)).unwrap(), 1, "the failure is nobody's concern");
            settle().await;
            assert_eq!(scene.desk.runs(), runs, "{step:?} later");
        }
        let stats = scene.stats();
        assert_eq!((stats.load_failures, stats.refreshes, stats.stale_served), (1, 2, 4));
    }
}

async fn a_refresh_that_panics_waits_before_the_next(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(11));
    ready(scene.ask(revalidating())).unwrap();
    settle().await;
    scene.desk.panic();
    settle().await;
    for (step, runs) in [(Duration::ZERO, 1), (just_before(seconds(1)), 1), (NANO, 2)] {
        scene.clock.advance(step);
        assert_eq!(ready(scene.ask(revalidating())).unwrap(), 1);
        settle().await;
        assert_eq!(scene.desk.runs(), runs, "{step:?} later");
    }
}

async fn after_the_window_a_failure_is_an_error(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(30));
    let mut call = pin!(scene.ask(revalidating()));
    assert!(poll!(call.as_mut()).is_pending());
    scene.desk.fail();
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Load);
    assert_eq!(scene.stats().stale_on_error_served, 0);
}

async fn the_refreshed_value_is_fresh(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    ready(scene.ask(revalidating())).unwrap();
    settle().await;
    scene.desk.answer(2);
    settle().await;
    scene.clock.advance(just_before(TTL));
    assert_eq!(scene.cached(), Some(2));
    scene.view.invalidate_tag("t").await.unwrap();
    assert_eq!(scene.cached(), None, "it carries the tags of the call");
}

async fn both_windows_work_together(eviction: Eviction) {
    let refresh = RefreshOptions::new().refresh_ahead(seconds(2)).stale_while_revalidate(seconds(5));
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(8));
    assert_eq!(ready(scene.ask(refresh)).unwrap(), 1);
    settle().await;
    assert_eq!((scene.stats().hits, scene.stats().stale_served, scene.desk.runs()), (1, 0, 1));
    scene.clock.advance(seconds(3));
    assert_eq!(ready(scene.ask(refresh)).unwrap(), 1, "the same refresh is under way");
    settle().await;
    assert_eq!((scene.stats().hits, scene.stats().stale_served, scene.desk.runs()), (1, 1, 1));
}

async fn a_fresh_value_is_not_refreshed_by_this_window(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(just_before(TTL));
    assert_eq!(ready(scene.ask(revalidating())).unwrap(), 1);
    settle().await;
    assert_eq!((scene.desk.runs(), scene.stats().hits), (0, 1));
}
