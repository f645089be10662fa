//! Callers that block and callers that await share one load.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;

use crate::support::function::Function;
use crate::support::source::Source;
use crate::support::{EVICTIONS, roomy, within};

const BLOCKING: usize = 8;
const AWAITING: usize = 500;

/// Runs what must end on a thread of its own, so that a hang is a failure.
fn ends(what: &'static str, work: impl FnOnce() + Send + 'static) {
    let (done, wait) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        work();
        done.send(()).expect("somebody waits");
    });
    match wait.recv_timeout(Duration::from_secs(60)) {
        Ok(()) => thread.join().expect("it has ended"),
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("hangs: {what}"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(thread.join().expect_err("it did not send"));
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

/// A blocking leader returns when `joins` calls wait for it.
fn wait_for_joins(function: &Function, joins: u64) {
    while function.cache.stats().joins < joins {
        std::thread::yield_now();
    }
}

#[test]
fn a_blocking_leader_serves_blocking_and_async_waiters() {
    ends("a blocking leader", || {
        for eviction in EVICTIONS {
            let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
            let waiters = (BLOCKING - 1 + AWAITING) as u64;
            let barrier = Barrier::new(2);
            std::thread::scope(|threads| {
                threads.spawn(|| {
                    let row = function.call_blocking(1, || {
                        let row = source.read();
                        barrier.wait();
                        wait_for_joins(&function, waiters);
                        row
                    });
                    assert_eq!(row, source.row());
                });
                barrier.wait();
                for _ in 1..BLOCKING {
                    threads.spawn(|| assert_eq!(function.call_blocking(1, || source.read()), source.row()));
                }
                let calls = (0..AWAITING).map(|_| function.call(1, || source.load()));
                for row in runtime().block_on(within("async waiters", async { join_all(calls).await })) {
                    assert_eq!(row, source.row());
                }
            });
            assert_eq!(source.loads(), 1, "{eviction:?}");
            assert_eq!(function.cache.stats().joins, waiters, "{eviction:?}");
        }
    });
}

#[test]
fn an_async_leader_serves_blocking_and_async_waiters() {
    ends("an async leader", || {
        for eviction in EVICTIONS {
            let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
            let waiters = (BLOCKING + AWAITING - 1) as u64;
            let (gate, load) = source.gated();
            let runtime = runtime();
            let leader = runtime.spawn({
                let function = function.clone();
                async move { function.call(1, || load).await }
            });
            while source.loads() == 0 {
                std::thread::yield_now();
            }
            std::thread::scope(|threads| {
                for _ in 0..BLOCKING {
                    threads.spawn(|| assert_eq!(function.call_blocking(1, || source.read()), source.row()));
                }
                threads.spawn(|| {
                    let calls = (1..AWAITING).map(|_| function.call(1, || source.load()));
                    for row in runtime.block_on(within("async waiters", async { join_all(calls).await })) {
                        assert_eq!(row, source.row());
                    }
                });
                wait_for_joins(&function, waiters);
                gate.open();
            });
            assert_eq!(runtime.block_on(leader).unwrap(), source.row());
            assert_eq!(source.loads(), 1, "{eviction:?}");
        }
    });
}

#[test]
fn a_blocking_waiter_takes_over_from_an_async_leader_that_goes_away() {
    ends("a blocking waiter", || {
        for eviction in EVICTIONS {
            let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
            let (gate, load) = source.gated();
            let leading = function.clone();
            let mut leader = Box::pin(leading.call_in_place(1, || load));
            assert!(leader.as_mut().now_or_never().is_none());
            std::thread::scope(|threads| {
                let waiter = threads.spawn(|| function.call_blocking(1, || source.read()));
                wait_for_joins(&function, 1);
                drop(leader);
                assert_eq!(waiter.join().unwrap(), source.row(), "{eviction:?}");
            });
            drop(gate);
            assert_eq!(source.loads(), 2, "{eviction:?}");
        }
    });
}

#[test]
fn a_waiter_elsewhere_takes_over_when_the_runtime_of_the_leader_shuts_down() {
    ends("a waiter of a runtime that is gone", || {
        for eviction in EVICTIONS {
            let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
            let (gate, load) = source.gated();
            let runtime = runtime();
            let leading = function.clone();
            runtime.spawn(async move { leading.call(1, || load).await });
            while source.loads() == 0 {
                std::thread::yield_now();
            }
            std::thread::scope(|threads| {
                let waiter = threads.spawn(|| function.call_blocking(1, || source.read()));
                wait_for_joins(&function, 1);
                // The load can be adopted by nobody: the runtime that would is the one that goes.
                drop(runtime);
                assert_eq!(waiter.join().unwrap(), source.row(), "{eviction:?}");
            });
            drop(gate);
            assert_eq!(source.loads(), 2, "{eviction:?}");
        }
    });
}

#[test]
fn threads_race_for_one_load() {
    ends("threads", || {
        for eviction in EVICTIONS {
            let function = Function::new(roomy(eviction));
            for key in 0..500 {
                let (source, loads, barrier) = (Source::new(key), AtomicU64::new(0), Barrier::new(4));
                std::thread::scope(|threads| {
                    for _ in 0..4 {
                        threads.spawn(|| {
                            barrier.wait();
                            let row = function.call_blocking(key, || {
                                loads.fetch_add(1, Ordering::SeqCst);
                                std::thread::yield_now();
                                source.read()
                            });
                            assert_eq!(row, source.row());
                        });
                    }
                });
                assert_eq!(loads.load(Ordering::SeqCst), 1, "{eviction:?}");
            }
        }
    });
}
