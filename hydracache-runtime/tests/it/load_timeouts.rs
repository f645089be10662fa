//! The limit of a load: it ends the load, and everyone who waits for it is told.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use futures_util::future::{join_all, pending};
use futures_util::{FutureExt, poll};
use hydracache_runtime::{CacheResult, ErrorKind, Eviction, HydraCache, RefreshOptions};

use crate::scene::{NANO, Scene, just_before, mortal, settle};
use crate::stats::assert_counted;
use crate::support::{assert_says, plain, ready, seconds};

over_both_stores! {
    a_load_is_ended_and_dropped_at_its_limit,
    a_load_that_ends_in_time_is_not_disturbed,
    everyone_who_waits_is_told,
    those_who_called_at_once_are_told_whoever_is_polled_first,
    a_key_is_free_again_after_the_limit,
    the_limit_counts_from_the_start_of_the_load_and_not_of_waiting,
    an_adopted_load_keeps_its_limit,
    a_load_that_is_under_way_keeps_the_limit_it_began_with,
    a_hit_needs_no_limit,
    a_load_that_fails_before_its_limit_has_its_own_error,
    the_view_and_the_cache_agree,
}

fn limited() -> RefreshOptions {
    RefreshOptions::new().load_timeout(seconds(2))
}

async fn a_load_is_ended_and_dropped_at_its_limit(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut call = pin!(scene.ask(limited()));
    assert!(poll!(call.as_mut()).is_pending());
    assert_eq!(scene.clock.alarms(), 1, "somebody waits for the limit");
    scene.clock.advance(just_before(seconds(2)));
    assert!(poll!(call.as_mut()).is_pending());
    assert_eq!(scene.desk.dropped(), 0);
    scene.clock.advance(NANO);
    assert_says(call.await, ErrorKind::LoadTimeout, &["k", "2s"]);
    settle().await;
    assert_eq!(scene.desk.dropped(), 1, "the load was dropped, not forgotten");
    assert_eq!((scene.clock.alarms(), scene.cached()), (0, None));
    assert_counted(scene.cache(), |stats| {
        stats.misses = 1;
        stats.loads = 1;
        stats.load_timeouts = 1;
    });
}

async fn a_load_that_ends_in_time_is_not_disturbed(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut call = pin!(scene.ask(limited()));
    assert!(poll!(call.as_mut()).is_pending());
    scene.clock.advance(just_before(seconds(2)));
    scene.desk.answer(5);
    assert_eq!(call.await.unwrap(), 5);
    assert_eq!(scene.clock.alarms(), 0, "nobody waits for the limit any more");
    scene.clock.advance(seconds(1));
    assert_eq!((scene.cached(), scene.stats().load_timeouts), (Some(5), 0));
}

async fn everyone_who_waits_is_told(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut leader = pin!(scene.ask(limited()));
    assert!(poll!(leader.as_mut()).is_pending());
    let mut waiters = pin!(join_all((0..10).map(|_| scene.load())));
    assert!(poll!(waiters.as_mut()).is_pending());
    scene.clock.advance(seconds(2));
    assert_eq!(ready(leader).unwrap_err().kind(), ErrorKind::LoadTimeout);
    for waiter in ready(waiters) {
        assert_eq!(waiter.unwrap_err().kind(), ErrorKind::LoadTimeout);
    }
    let stats = scene.stats();
    assert_eq!((scene.desk.runs(), stats.load_timeouts, stats.joins), (1, 1, 10), "one load for all");
}

/// Who waits as long as the load may take does not load beside a leader that is being told at this moment.
async fn those_who_called_at_once_are_told_whoever_is_polled_first(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut leader = pin!(scene.ask(limited()));
    assert!(poll!(leader.as_mut()).is_pending());
    let mut waiters = pin!(join_all((0..5).map(|_| scene.ask(limited()))));
    assert!(poll!(waiters.as_mut()).is_pending());
    scene.clock.advance(seconds(2));
    // The executor may poll them before the leader.
    assert!(poll!(waiters.as_mut()).is_pending());
    assert_eq!(ready(leader).unwrap_err().kind(), ErrorKind::LoadTimeout);
    assert_eq!(scene.desk.runs(), 1, "a load beside would take the time of its limit once more");
    for waiter in ready(waiters) {
        assert_eq!(waiter.unwrap_err().kind(), ErrorKind::LoadTimeout);
    }
}

async fn a_key_is_free_again_after_the_limit(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut call = pin!(scene.ask(limited()));
    assert!(poll!(call.as_mut()).is_pending());
    scene.clock.advance(seconds(2));
    call.await.unwrap_err();
    scene.desk.forget();
    let mut next = pin!(scene.ask(limited()));
    assert!(poll!(next.as_mut()).is_pending());
    scene.desk.answer(2);
    assert_eq!(next.await.unwrap(), 2);
}

async fn the_limit_counts_from_the_start_of_the_load_and_not_of_waiting(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut leader = pin!(scene.ask(limited()));
    assert!(poll!(leader.as_mut()).is_pending());
    scene.clock.advance(seconds(1));
    let mut waiter = pin!(scene.ask(limited()));
    assert!(poll!(waiter.as_mut()).is_pending());
    scene.clock.advance(seconds(1));
    ready(leader).unwrap_err();
    assert_eq!(ready(waiter).unwrap_err().kind(), ErrorKind::LoadTimeout, "it shares the load and its end");
}

async fn an_adopted_load_keeps_its_limit(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut leader = Box::pin(scene.ask(limited()));
    assert!(poll!(leader.as_mut()).is_pending());
    let mut waiter = pin!(scene.load());
    assert!(poll!(waiter.as_mut()).is_pending());
    scene.clock.advance(seconds(1));
    drop(leader);
    settle().await;
    assert_eq!((scene.stats().adopted, scene.desk.dropped()), (1, 0));
    scene.clock.advance(seconds(1));
    settle().await;
    assert_eq!((scene.stats().load_timeouts, scene.desk.dropped()), (1, 1));
    assert_eq!(ready(waiter).unwrap_err().kind(), ErrorKind::LoadTimeout);
}

async fn a_load_that_is_under_way_keeps_the_limit_it_began_with(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut leader = pin!(scene.load());
    assert!(poll!(leader.as_mut()).is_pending());
    let mut waiter = pin!(scene.ask(limited().wait_timeout(seconds(60))));
    assert!(poll!(waiter.as_mut()).is_pending());
    scene.clock.advance(seconds(2));
    assert!(poll!(leader.as_mut()).is_pending());
    assert!(poll!(waiter.as_mut()).is_pending());
    scene.desk.answer(5);
    assert_eq!((leader.await.unwrap(), waiter.await.unwrap()), (5, 5));
}

async fn a_hit_needs_no_limit(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    assert_eq!(ready(scene.ask(limited())).unwrap(), 1);
    assert_eq!(scene.clock.alarms(), 0);
}

async fn a_load_that_fails_before_its_limit_has_its_own_error(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let mut call = pin!(scene.ask(limited()));
    assert!(poll!(call.as_mut()).is_pending());
    scene.desk.fail();
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Load);
    assert_eq!((scene.clock.alarms(), scene.stats().load_timeouts), (0, 0));
}

async fn the_view_and_the_cache_agree(eviction: Eviction) {
    let scene = Scene::empty(eviction);
    let load = || pending::<io::Result<u32>>();
    let mut call = pin!(scene.cache().get_or_load_with_refresh("raw", mortal(), limited(), load));
    assert!(poll!(call.as_mut()).is_pending());
    scene.clock.advance(seconds(2));
    assert_says(call.await, ErrorKind::LoadTimeout, &["raw"]);
}

/// A load that never ends, with a limit of real time.
async fn endless(cache: HydraCache) -> CacheResult<u32> {
    let refresh = RefreshOptions::new().load_timeout(Duration::from_millis(20));
    cache.get_or_load_with_refresh("k", plain(), refresh, pending::<io::Result<u32>>).await
}

#[test]
fn the_systems_clock_ends_a_load_in_a_runtime_without_a_time_driver() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for eviction in [Eviction::S3Fifo, Eviction::TinyLfu] {
        let cache = crate::support::cache(eviction);
        let error = runtime.block_on(endless(cache.clone())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LoadTimeout, "{error}");
        assert_eq!(cache.stats().load_timeouts, 1);
    }
}

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn the_systems_clock_ends_a_load_outside_of_any_runtime() {
    let mut call = pin!(endless(crate::support::cache(Eviction::S3Fifo)));
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let error = loop {
        if let std::task::Poll::Ready(result) = call.as_mut().poll(&mut context) {
            break result.unwrap_err();
        }
        std::thread::park();
    };
    assert_eq!(error.kind(), ErrorKind::LoadTimeout);
}

/// The background is where nobody polls but the runtime.
#[test]
fn the_systems_clock_ends_an_adopted_load_without_a_time_driver() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let cache = crate::support::cache(Eviction::S3Fifo);
    let error = runtime.block_on(async {
        assert!(endless(cache.clone()).now_or_never().is_none());
        cache.get_or_load("k", plain(), || async { Ok::<_, io::Error>(7_u32) }).await.unwrap_err()
    });
    assert_eq!((error.kind(), cache.stats().adopted), (ErrorKind::LoadTimeout, 1));
}
