//! A loader that panics: its own caller panics, the others elect a new leader.

use std::pin::pin;

use futures_util::future::join_all;
use futures_util::{FutureExt, poll};
use hydracache_runtime::CacheOptions;
use tokio::sync::oneshot;

use crate::support::function::Function;
use crate::support::source::{Row, Source};
use crate::support::{EVICTIONS, roomy, within};

/// A load that panics when its gate opens.
fn doomed() -> (oneshot::Sender<()>, impl Future<Output = Row> + Send + 'static) {
    let (open, opened) = oneshot::channel::<()>();
    let load = async move {
        opened.await.unwrap();
        panic!("the loader panics, as this test wants");
    };
    (open, load)
}

#[tokio::test]
async fn a_panic_reaches_its_own_caller_and_waiters_elect_a_new_leader() {
    for eviction in EVICTIONS {
        let (cache, source) = (roomy(eviction), Source::new(1));
        let (gate, load) = doomed();
        let call = cache.get_or_insert_with("k", CacheOptions::new(), || load);
        let mut leader = pin!(std::panic::AssertUnwindSafe(call).catch_unwind());
        assert!(poll!(leader.as_mut()).is_pending());
        let waiters = (0..10).map(|_| cache.get_or_insert_with("k", CacheOptions::new(), || source.load()));
        let mut waiters = pin!(join_all(waiters));
        assert!(poll!(waiters.as_mut()).is_pending());
        gate.send(()).unwrap();
        leader.await.expect_err("the panic goes on in its own caller");
        for row in within("waiters of a load that panicked", waiters).await {
            assert_eq!(row.unwrap(), source.row(), "{eviction:?}");
        }
        assert_eq!(source.loads(), 1, "{eviction:?}: one new leader for all");
        assert_eq!(cache.stats().adopted, 0, "{eviction:?}: what panicked is never adopted");
    }
}

#[tokio::test]
async fn a_panic_of_a_load_that_borrows_strands_nobody() {
    for eviction in EVICTIONS {
        let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
        let (gate, load) = doomed();
        let call = function.call_in_place(1, || load);
        let mut leader = pin!(std::panic::AssertUnwindSafe(call).catch_unwind());
        assert!(poll!(leader.as_mut()).is_pending());
        let mut waiter = pin!(function.call_in_place(1, || async { source.read() }));
        assert!(poll!(waiter.as_mut()).is_pending());
        gate.send(()).unwrap();
        leader.await.expect_err("the panic goes on in its own caller");
        assert_eq!(within("the waiter", waiter).await, source.row(), "{eviction:?}");
    }
}

#[tokio::test]
async fn a_loader_that_panics_before_it_makes_its_future_leaves_the_key_free() {
    for eviction in EVICTIONS {
        let (cache, source) = (roomy(eviction), Source::new(1));
        let call = cache.get_or_insert_with("k", CacheOptions::new(), || -> std::future::Ready<Row> {
            panic!("the loader panics, as this test wants")
        });
        std::panic::AssertUnwindSafe(call).catch_unwind().await.expect_err("it panics");
        let next = cache.get_or_insert_with("k", CacheOptions::new(), || source.load());
        assert_eq!(within("the next call", next).await.unwrap(), source.row(), "{eviction:?}");
    }
}

#[tokio::test]
async fn an_adopted_load_that_panics_strands_nobody() {
    for eviction in EVICTIONS {
        let (cache, source) = (roomy(eviction), Source::new(1));
        let (gate, load) = doomed();
        let mut leader = Box::pin(cache.get_or_insert_with("k", CacheOptions::new(), || load));
        assert!(poll!(leader.as_mut()).is_pending());
        let mut waiter = pin!(cache.get_or_insert_with("k", CacheOptions::new(), || source.load()));
        assert!(poll!(waiter.as_mut()).is_pending());
        drop(leader);
        gate.send(()).unwrap();
        assert_eq!(within("the waiter", waiter).await.unwrap(), source.row(), "{eviction:?}");
    }
}

#[test]
fn a_panic_on_a_thread_that_blocks_strands_nobody() {
    for eviction in EVICTIONS {
        let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
        std::thread::scope(|threads| {
            let leader = threads.spawn(|| function.call_blocking(1, || panic!("as this test wants")));
            leader.join().expect_err("the panic goes on in its own caller");
        });
        assert_eq!(function.call_blocking(1, || source.read()), source.row(), "{eviction:?}");
    }
}
