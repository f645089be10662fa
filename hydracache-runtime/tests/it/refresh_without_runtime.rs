//! Old values where there is no tokio runtime: the caller loads, and gets the old value if that fails.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use hydracache_runtime::{CacheResult, ErrorKind, Eviction};

use crate::scene::{ENDINGS, Scene, forgiving, revalidating};
use crate::support::{ready, seconds};

const EVICTIONS: [Eviction; 2] = [Eviction::S3Fifo, Eviction::TinyLfu];

/// Polls a call, answers its load, and polls it again.
fn loads(call: impl Future<Output = CacheResult<u32>>, answer: impl FnOnce()) -> CacheResult<u32> {
    let mut call = pin!(call);
    let mut context = Context::from_waker(Waker::noop());
    assert!(call.as_mut().poll(&mut context).is_pending(), "it loads in the foreground");
    answer();
    let Poll::Ready(result) = call.as_mut().poll(&mut context) else { panic!("its load has ended") };
    result
}

#[test]
fn the_caller_loads_in_the_foreground() {
    for eviction in EVICTIONS {
        let scene = ready(Scene::new(eviction));
        scene.clock.advance(seconds(15));
        assert_eq!(loads(scene.ask(revalidating()), || scene.desk.answer(2)).unwrap(), 2);
        assert_eq!(scene.cached(), Some(2));
        let stats = scene.stats();
        assert_eq!((stats.misses, stats.stale_served, stats.refreshes), (2, 0, 0), "{eviction:?}");
    }
}

#[test]
fn the_caller_gets_the_old_value_if_its_load_fails() {
    for eviction in EVICTIONS {
        let scene = ready(Scene::new(eviction));
        scene.clock.advance(seconds(15));
        assert_eq!(loads(scene.ask(revalidating()), || scene.desk.fail()).unwrap(), 1, "{eviction:?}");
        let stats = scene.stats();
        assert_eq!((stats.misses, stats.stale_on_error_served, stats.load_failures), (2, 1, 1));
        assert_eq!(ready(scene.ask(revalidating())).unwrap(), 1, "the key is left alone for a second");
        assert_eq!(scene.desk.runs(), 1, "{eviction:?}");
    }
}

#[test]
fn after_the_window_the_failure_is_an_error() {
    for eviction in EVICTIONS {
        let scene = ready(Scene::new(eviction));
        scene.clock.advance(seconds(30));
        let error = loads(scene.ask(revalidating()), || scene.desk.fail()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Load, "{eviction:?}");
    }
}

#[test]
fn what_was_ended_during_the_load_is_not_handed_out() {
    for eviction in EVICTIONS {
        for (name, end) in ENDINGS {
            let scene = ready(Scene::new(eviction));
            scene.clock.advance(seconds(15));
            let answer = || {
                end(&scene.view);
                scene.desk.fail();
            };
            let result = loads(scene.ask(revalidating()), answer);
            assert_ne!(result.ok(), Some(1), "{eviction:?}: after `{name}`");
        }
    }
}

/// A load that cannot go on without its caller is not given up for an old value.
#[test]
fn the_soft_limit_of_a_load_that_cannot_go_on_ends_nothing() {
    for eviction in EVICTIONS {
        let scene = ready(Scene::new(eviction));
        scene.clock.advance(seconds(15));
        let answer = || {
            scene.clock.advance(seconds(2));
            scene.desk.answer(2);
        };
        let result = loads(scene.ask(forgiving().soft_timeout(seconds(1))), answer);
        assert_eq!(result.unwrap(), 2, "{eviction:?}");
        assert_eq!((scene.cached(), scene.desk.dropped()), (Some(2), 0), "{eviction:?}");
    }
}
