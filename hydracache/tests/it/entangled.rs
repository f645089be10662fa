//! Loads that wait for themselves by ways other than their bodies, and strangers that only share a thread with one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::Duration;

use hydracache::{CacheOptions, ErrorKind, HydraCache, cached};
use tokio::sync::Notify;

use crate::support::{isolated, isolated_sync};

/// Runs something that may never end on a thread of its own.
fn ends<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, end) = mpsc::channel();
    std::thread::spawn(move || done.send(work()).unwrap());
    end.recv_timeout(Duration::from_secs(20)).expect("it waits for itself instead of saying so")
}

#[test]
fn the_closure_that_makes_a_loader_is_part_of_its_load() {
    let inner = ends(|| {
        let cache = HydraCache::local().build();
        let load = cache.get_or_insert_with("a", CacheOptions::new(), || {
            let nested = cache.get_or_insert_with("a", CacheOptions::new(), || async { String::new() });
            let nested = futures_util::FutureExt::now_or_never(nested).expect("an error waits for nothing");
            async move { format!("{:?}", nested.map_err(|error| error.kind())) }
        });
        futures_util::FutureExt::now_or_never(load).unwrap().unwrap()
    });
    assert_eq!(inner, format!("Err({:?})", ErrorKind::LoadCycle));
}

#[cached(name = "entangled.team", tags = |_| [format!("n{}", leader_of(1))])]
fn team(id: u64) -> u64 {
    id
}

#[cached(name = "entangled.leader_of")]
fn leader_of(id: u64) -> u64 {
    team(id)
}

#[test]
fn a_closure_of_the_value_is_part_of_the_load() {
    let outcome = ends(|| isolated_sync(|| catch_unwind(AssertUnwindSafe(|| team(1)))));
    let message = *outcome.unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains("a load waits for itself"), "{message}");
}

static STARTED: Notify = Notify::const_new();
static RELEASE: Notify = Notify::const_new();

/// Blocks its thread on another executor, which polls whatever was spawned there.
#[cached(name = "entangled.blocking", skip(executor))]
async fn blocking(id: u64, executor: std::sync::Arc<std::sync::Mutex<tokio::runtime::Runtime>>) -> u64 {
    tokio::task::block_in_place(|| {
        executor.lock().unwrap().block_on(async {
            STARTED.notify_one();
            RELEASE.notified().await;
        });
    });
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_a_loader_happens_to_poll_is_no_part_of_it() {
    isolated(async {
        let executor = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let executor = std::sync::Arc::new(std::sync::Mutex::new(executor));
        let here = hydracache::Runtime::current();
        let stranger = {
            let (unused, here) = (std::sync::Arc::clone(&executor), here.clone());
            executor.lock().unwrap().spawn(here.clone().scope(async move {
                STARTED.notified().await;
                let waiting = blocking(1, unused);
                RELEASE.notify_one();
                waiting.await
            }))
        };
        let led = tokio::spawn(here.scope(blocking(1, std::sync::Arc::clone(&executor)))).await.unwrap();
        assert_eq!(led, 1);
        let stranger = tokio::task::block_in_place(|| executor.lock().unwrap().block_on(stranger));
        assert_eq!(stranger.expect("the stranger was told of a cycle"), 1);
        let owned = std::sync::Arc::into_inner(executor).expect("nobody else holds it");
        owned.into_inner().unwrap().shutdown_background();
    })
    .await;
}
