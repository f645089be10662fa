//! A leader that goes away: its load is adopted, or leadership passes on. Nobody hangs, nobody fails.

use std::pin::pin;
use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::{FutureExt, poll};
use hydracache_runtime::CacheOptions;
use tokio::task::yield_now;

use crate::support::function::{Function, declared_tag, late_tag};
use crate::support::source::Source;
use crate::support::{EVICTIONS, roomy, within};

#[tokio::test]
async fn a_load_whose_caller_went_away_is_adopted_and_its_value_reaches_those_who_wait() {
    for eviction in EVICTIONS {
        let (cache, source) = (roomy(eviction), Source::new(1));
        let (gate, load) = source.gated();
        let mut leader = Box::pin(cache.get_or_insert_with("k", CacheOptions::new(), || load));
        assert!(poll!(leader.as_mut()).is_pending());
        let waiters = (0..10).map(|_| cache.get_or_insert_with("k", CacheOptions::new(), || source.load()));
        let mut waiters = pin!(join_all(waiters));
        assert!(poll!(waiters.as_mut()).is_pending());
        drop(leader);
        gate.open();
        for row in within("waiters of an adopted load", waiters).await {
            assert_eq!(row.unwrap().version, 0);
        }
        assert_eq!(source.loads(), 1, "{eviction:?}: work that was done is not lost");
        let stats = cache.stats();
        assert_eq!((stats.adopted, stats.cancelled, stats.loads), (1, 0, 1), "{eviction:?}");
        assert!(cache.contains_key("k").await, "{eviction:?}");
    }
}

#[tokio::test]
async fn an_adopted_load_stores_its_value_although_nobody_waits() {
    for eviction in EVICTIONS {
        let (cache, source) = (roomy(eviction), Source::new(1));
        let (gate, load) = source.gated();
        let mut leader = Box::pin(cache.get_or_insert_with("k", CacheOptions::new(), || load));
        assert!(poll!(leader.as_mut()).is_pending());
        drop(leader);
        gate.open();
        // The adopted load is the only other task of this thread.
        yield_now().await;
        assert_eq!(cache.get("k").await.unwrap(), Some(source.row()), "{eviction:?}");
    }
}

#[tokio::test]
async fn an_adopted_load_is_overtaken_like_any_other() {
    for eviction in EVICTIONS {
        for tag in [declared_tag(1), late_tag(1)] {
            let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
            let (gate, load) = source.gated();
            let mut leader = Box::pin(function.call(1, || load));
            assert!(poll!(leader.as_mut()).is_pending());
            drop(leader);
            source.raise();
            function.cache.invalidate_tag(tag).await.unwrap();
            gate.open();
            yield_now().await;
            let stats = function.cache.stats();
            assert_eq!((stats.adopted, stats.stale_discards), (1, 1), "{eviction:?}");
            assert_eq!(function.get(1), None, "{eviction:?}");
        }
    }
}

#[tokio::test]
async fn a_call_that_was_never_polled_or_only_waited_leaves_no_trace() {
    for eviction in EVICTIONS {
        let (cache, source) = (roomy(eviction), Source::new(1));
        drop(cache.get_or_insert_with("k", CacheOptions::new(), || source.load()));
        assert_eq!(source.loads(), 0);
        let (gate, load) = source.gated();
        let mut leader = pin!(cache.get_or_insert_with("k", CacheOptions::new(), || load));
        assert!(poll!(leader.as_mut()).is_pending());
        let mut waiter = Box::pin(cache.get_or_insert_with("k", CacheOptions::new(), || source.load()));
        assert!(poll!(waiter.as_mut()).is_pending());
        drop(waiter);
        gate.open();
        assert_eq!(within("the leader", leader).await.unwrap(), source.row());
        assert_eq!((source.loads(), cache.stats().adopted), (1, 0), "{eviction:?}");
    }
}

#[tokio::test]
async fn a_load_that_borrows_ends_with_its_caller_and_a_waiter_takes_over() {
    for eviction in EVICTIONS {
        let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
        // The loader borrows the row's owner from its caller, so it cannot outlive it.
        let borrowed = &source;
        let (gate, load) = borrowed.gated();
        let mut leader = Box::pin(function.call_in_place(1, || async {
            let row = load.await;
            assert_eq!(borrowed.row(), row);
            row
        }));
        assert!(poll!(leader.as_mut()).is_pending());
        let waiters = (0..10).map(|_| function.call_in_place(1, || async { borrowed.read() }));
        let mut waiters = pin!(join_all(waiters));
        assert!(poll!(waiters.as_mut()).is_pending());
        source.raise();
        drop(leader);
        for row in within("waiters of a load that was given up", waiters).await {
            assert_eq!(row.version, 1, "{eviction:?}: the new leader reads anew");
        }
        drop(gate);
        assert_eq!(source.loads(), 2, "{eviction:?}: one that was given up, one for all who waited");
        let stats = function.cache.stats();
        assert_eq!((stats.adopted, stats.cancelled), (0, 1), "{eviction:?}");
        assert!(function.get(1).is_some(), "{eviction:?}");
    }
}

#[test]
fn outside_of_a_runtime_a_waiter_takes_over() {
    for eviction in EVICTIONS {
        let (cache, source) = (roomy(eviction), Source::new(1));
        let (gate, load) = source.gated();
        let mut leader = Box::pin(cache.get_or_insert_with("k", CacheOptions::new(), || load));
        assert!(leader.as_mut().now_or_never().is_none(), "the gate is shut");
        let barrier = Arc::new(std::sync::Barrier::new(2));
        let waiter = std::thread::spawn({
            let (cache, source, barrier) = (cache.clone(), Arc::clone(&source), Arc::clone(&barrier));
            move || {
                let mut call = Box::pin(cache.get_or_insert_with("k", CacheOptions::new(), || source.load()));
                assert!(call.as_mut().now_or_never().is_none(), "it waits for the leader");
                barrier.wait();
                tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build()
                    .unwrap()
                    .block_on(within("the waiter", call))
            }
        });
        barrier.wait();
        drop(leader);
        assert_eq!(waiter.join().unwrap().unwrap(), source.row(), "{eviction:?}");
        drop(gate);
        assert_eq!(source.loads(), 2, "{eviction:?}: nobody went on with the first");
        assert_eq!(cache.stats().adopted, 0, "{eviction:?}");
    }
}

#[tokio::test]
async fn leaders_that_go_away_one_after_the_other_strand_nobody() {
    for eviction in EVICTIONS {
        let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
        let last = function.clone();
        let mut last = pin!(last.call_in_place(1, || async { source.read() }));
        let mut gates = Vec::new();
        let mut leaders = Vec::new();
        for n in 0..20 {
            let (gate, load) = source.gated();
            let function = function.clone();
            let mut leader = Box::pin(async move { function.call_in_place(1, || load).await });
            assert!(poll!(leader.as_mut()).is_pending());
            gates.push(gate);
            leaders.push(leader);
            if n == 0 {
                assert!(poll!(last.as_mut()).is_pending());
            }
        }
        // Each takes over from the one before it and is dropped in its turn.
        for mut leader in leaders {
            assert!(poll!(leader.as_mut()).is_pending());
            drop(leader);
        }
        assert_eq!(within("the last one", last).await, source.row(), "{eviction:?}");
        assert_eq!(source.loads(), 21, "{eviction:?}");
    }
}
