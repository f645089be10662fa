//! Remembered errors: calls in their time get them without a load, and nothing else sees them.

use std::io;
use std::pin::pin;
use std::time::Duration;

use futures_util::poll;
use hydracache_runtime::{CacheOptions, CacheResult, ErrorKind, Eviction, RefreshOptions};

use crate::scene::{ENDINGS, NANO, Scene, forgiving, just_before, mortal, revalidating, settle};
use crate::support::{assert_says, plain, ready, seconds};

over_both_stores! {
    calls_get_the_error_without_a_load_until_its_end,
    it_is_the_loaders_own_error,
    a_call_that_remembers_nothing_is_told_as_well,
    only_calls_that_load_see_it,
    everything_that_ends_a_value_ends_it,
    an_expiry_ends_it,
    an_error_that_was_overtaken_is_not_remembered,
    a_failed_refresh_does_not_hide_the_value,
    an_old_value_goes_before_it,
    what_is_remembered_takes_the_place_of_a_value_that_its_call_may_not_have,
    after_its_time_it_is_not_handed_out_by_a_window,
    after_its_time_the_next_is_remembered_as_well,
    an_error_is_not_remembered_if_nothing_is_said,
    it_is_not_in_a_bulk_read_and_is_told_to_a_bulk_load,
    a_time_that_cannot_be_is_refused,
}

fn remembering() -> CacheOptions {
    mortal().cache_errors(seconds(5))
}

impl Scene {
    async fn remember(&self) -> CacheResult<u32> {
        self.view.get_or_load("k", remembering(), || self.desk.load()).await
    }

    /// Fails a load, whose error is remembered.
    async fn fail(&self) {
        let mut call = pin!(self.remember());
        assert!(poll!(call.as_mut()).is_pending());
        self.desk.fail();
        assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Load);
    }
}

async fn calls_get_the_error_without_a_load_until_its_end(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    scene.fail().await;
    for step in [Duration::ZERO, just_before(seconds(5))] {
        scene.clock.advance(step);
        assert_eq!(ready(scene.remember()).unwrap_err().kind(), ErrorKind::Load);
    }
    let stats = scene.stats();
    assert_eq!((scene.desk.runs(), stats.loads, stats.load_failures), (1, 1, 1));
    assert_eq!((stats.misses, stats.hits, stats.requests()), (1, 2, 3));
    scene.clock.advance(NANO);
    let mut call = pin!(scene.remember());
    assert!(poll!(call.as_mut()).is_pending(), "its time is over");
    scene.desk.answer(2);
    assert_eq!(call.await.unwrap(), 2);
    assert_eq!(scene.cached(), Some(2));
}

async fn it_is_the_loaders_own_error(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    scene.fail().await;
    let error = ready(scene.remember()).unwrap_err();
    assert_eq!(error.downcast_ref::<io::Error>().unwrap().to_string(), "the source is down");
    assert!(error.to_string().contains('k'), "{error}");
}

async fn a_call_that_remembers_nothing_is_told_as_well(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    scene.fail().await;
    assert_eq!(ready(scene.load()).unwrap_err().kind(), ErrorKind::Load);
    assert_eq!(ready(scene.ask(forgiving())).unwrap_err().kind(), ErrorKind::Load);
    assert_eq!(scene.desk.runs(), 1);
}

async fn only_calls_that_load_see_it(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    scene.fail().await;
    let view = &scene.view;
    assert_eq!(view.get("k").await.unwrap(), None);
    assert_eq!(view.get_arc("k").await.unwrap(), None);
    assert_eq!(view.fetch("k").await.unwrap(), None);
    assert_eq!(view.peek("k").unwrap(), None);
    assert_eq!(view.get_encoded("k").await.unwrap(), None);
    assert_eq!(scene.cache().get::<String>("v:k").await.unwrap(), None, "it has no type");
    assert!(!view.contains_key("k").await);
    assert!(!view.remove("k").await.unwrap(), "a read would not have found it");
}

async fn everything_that_ends_a_value_ends_it(eviction: Eviction) {
    for (name, end) in ENDINGS {
        let scene = Scene::empty(eviction);
        scene.fail().await;
        end(&scene.view);
        let mut call = pin!(scene.remember());
        if let std::task::Poll::Ready(result) = poll!(call.as_mut()) {
            assert_eq!(result.unwrap(), 99, "after `{name}`");
        } else {
            assert_eq!(scene.desk.runs(), 2, "after `{name}`");
        }
    }
}

async fn an_expiry_ends_it(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    scene.fail().await;
    assert!(!scene.view.expire_key("k").await.unwrap(), "a read would not have found it");
    let mut call = pin!(scene.remember());
    assert!(poll!(call.as_mut()).is_pending());
    assert_eq!(scene.desk.runs(), 2);
}

async fn an_error_that_was_overtaken_is_not_remembered(eviction: Eviction) {
    for (name, end) in ENDINGS {
        let scene = Scene::empty(eviction);
        let mut call = pin!(scene.remember());
        assert!(poll!(call.as_mut()).is_pending());
        end(&scene.view);
        let before = scene.cached();
        scene.desk.fail();
        drop(call.await);
        assert_eq!(scene.cached(), before, "after `{name}`");
        if before.is_none() {
            let mut next = pin!(scene.remember());
            assert!(poll!(next.as_mut()).is_pending(), "after `{name}`");
        }
    }
}

async fn a_failed_refresh_does_not_hide_the_value(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    let refresh = RefreshOptions::new().refresh_ahead(seconds(5));
    let ask = || scene.view.get_or_load_with_refresh("k", remembering(), refresh, || scene.desk.load());
    scene.clock.advance(seconds(6));
    assert_eq!(ready(ask()).unwrap(), 1);
    settle().await;
    scene.desk.fail();
    settle().await;
    assert_eq!(scene.cached(), Some(1), "it is fresh for four more seconds");
    assert_eq!(ready(ask()).unwrap(), 1);
    assert_eq!(ready(scene.load()).unwrap(), 1);
}

async fn an_old_value_goes_before_it(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    let ask = || scene.view.get_or_load_with_refresh("k", remembering(), forgiving(), || scene.desk.load());
    let mut call = pin!(ask());
    assert!(poll!(call.as_mut()).is_pending());
    scene.desk.fail();
    assert_eq!(call.await.unwrap(), 1);
    assert_eq!(ready(ask()).unwrap(), 1, "during the pause");
    assert_eq!(scene.desk.runs(), 1);
}

async fn what_is_remembered_takes_the_place_of_a_value_that_its_call_may_not_have(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    scene.fail().await;
    scene.ask(forgiving()).await.unwrap_err();
    assert_eq!(scene.desk.runs(), 1, "whatever windows other calls of the cache have");
}

/// A window is for values: an error that has ended is no better than a load.
async fn after_its_time_it_is_not_handed_out_by_a_window(eviction: Eviction) {
    for end in [true, false] {
        for refresh in [revalidating(), forgiving(), revalidating().refresh_ahead(seconds(3))] {
            let scene = Scene::empty(eviction);
            scene.fail().await;
            if end {
                scene.view.expire_key("k").await.unwrap();
            } else {
                scene.clock.advance(seconds(6));
            }
            let mut call = pin!(scene.ask(refresh));
            assert!(poll!(call.as_mut()).is_pending(), "{refresh:?}");
            scene.desk.answer(2);
            assert_eq!(call.await.unwrap(), 2);
        }
    }
}

async fn after_its_time_the_next_is_remembered_as_well(eviction: Eviction) {
    for refresh in [RefreshOptions::new(), forgiving(), revalidating()] {
        let scene = Scene::empty(eviction);
        let ask = || scene.view.get_or_load_with_refresh("k", remembering(), refresh, || scene.desk.load());
        for runs in 1..=3 {
            let mut call = pin!(ask());
            assert!(poll!(call.as_mut()).is_pending(), "{refresh:?}");
            scene.desk.fail();
            call.await.unwrap_err();
            assert_eq!(ready(ask()).unwrap_err().kind(), ErrorKind::Load, "{refresh:?}");
            assert_eq!(scene.desk.runs(), runs, "{refresh:?}");
            scene.clock.advance(seconds(6));
        }
    }
}

async fn an_error_is_not_remembered_if_nothing_is_said(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    for runs in 1..=3 {
        let mut call = pin!(scene.load());
        assert!(poll!(call.as_mut()).is_pending());
        scene.desk.fail();
        call.await.unwrap_err();
        assert_eq!(scene.desk.runs(), runs);
    }
}

async fn it_is_not_in_a_bulk_read_and_is_told_to_a_bulk_load(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    scene.fail().await;
    scene.view.put("other", 7, plain()).await.unwrap();
    let found = scene.view.get_many(["k", "other"]).await.unwrap();
    assert_eq!((found.len(), found["other"]), (1, 7));
    let load = async |_| panic!("the loader is not run") as io::Result<Vec<(&str, u32)>>;
    let result = scene.view.get_many_or_load(["k", "other"], plain(), load).await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Load);
}

async fn a_time_that_cannot_be_is_refused(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    for ttl in [Duration::ZERO, Duration::MAX] {
        let result = scene.view.get_or_load("k", plain().cache_errors(ttl), || scene.desk.load()).await;
        assert_says(result, ErrorKind::InvalidTtl, &["cache_errors"]);
    }
    assert_eq!((scene.desk.runs(), scene.cached()), (0, None));
}
