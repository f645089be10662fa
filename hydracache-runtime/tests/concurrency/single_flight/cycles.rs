//! Loads that ask for other keys: one that would wait for itself is an error that names the chain, and nothing else is.

use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use futures_util::future::{BoxFuture, join, join_all};
use futures_util::{FutureExt, poll};
use hydracache_runtime::{CacheOptions, CacheResult, Error, ErrorKind, Eviction, HydraCache};
use tokio::sync::{Barrier, Semaphore, oneshot};

use crate::support::{EVICTIONS, roomy, within};

/// Loads `key` by asking for `needed` and adding up what they are.
fn sum(cache: HydraCache, key: String, needed: Vec<String>) -> BoxFuture<'static, CacheResult<u64>> {
    async move {
        let inner = cache.clone();
        let load = || async move {
            let mut total = 1;
            for other in needed {
                total += sum(inner.clone(), other, Vec::new()).await?;
            }
            Ok::<_, Error>(total)
        };
        cache.get_or_load(key, CacheOptions::new(), load).await
    }
    .boxed()
}

/// The error of the cache at the bottom of errors of loaders that passed it on.
fn root(error: &Error) -> &Error {
    error.downcast_ref::<Error>().map_or(error, root)
}

fn assert_cycle(error: &Error, names: &[&str]) {
    let cycle = root(error);
    assert_eq!(cycle.kind(), ErrorKind::LoadCycle, "{error:?}");
    for name in names {
        assert!(cycle.to_string().contains(name), "`{name}` is not named: {cycle}");
    }
}

#[tokio::test]
async fn a_load_that_asks_for_its_own_key_is_an_error() {
    for eviction in EVICTIONS {
        let cache = roomy(eviction);
        let call = sum(cache.clone(), "self".to_owned(), vec!["self".to_owned()]);
        let error = within("a load that waits for itself", call).await.unwrap_err();
        assert_cycle(&error, &["self"]);
        assert_eq!(cache.stats().load_cycles, 1, "{eviction:?}");
        assert_eq!(within("the key afterwards", sum(cache, "self".to_owned(), vec![])).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn two_keys_that_ask_for_each_other_in_one_task_are_an_error() {
    for eviction in EVICTIONS {
        let cache = roomy(eviction);
        let (outer, inner) = (cache.clone(), cache.clone());
        let call = cache.get_or_load("k1", CacheOptions::new(), || async move {
            outer
                .get_or_load("k2", CacheOptions::new(), || async move {
                    inner.get_or_load("k1", CacheOptions::new(), || async { Ok::<_, Error>(1_u64) }).await
                })
                .await
        });
        let error = within("two keys", call).await.unwrap_err();
        assert_cycle(&error, &["k1", "k2"]);
    }
}

/// Each of `keys` is loaded by a task of its own that asks for the next one, once all of them are under way.
async fn ring(eviction: Eviction, keys: u64) -> Vec<CacheResult<u64>> {
    let cache = roomy(eviction);
    let barrier = Arc::new(Barrier::new(usize::try_from(keys).unwrap()));
    let tasks = (0..keys).map(|n| {
        let (cache, inner, barrier) = (cache.clone(), cache.clone(), Arc::clone(&barrier));
        tokio::spawn(async move {
            let load = || async move {
                barrier.wait().await;
                let next = format!("k{}", (n + 1) % keys);
                inner.get_or_load(next, CacheOptions::new(), || async { Ok::<_, Error>(1_u64) }).await
            };
            cache.get_or_load(format!("k{n}"), CacheOptions::new(), load).await
        })
    });
    let results = within("a ring of tasks", join_all(tasks)).await;
    results.into_iter().map(|result| result.expect("no task panics")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_that_wait_for_each_other_get_an_error_that_names_the_chain() {
    for eviction in EVICTIONS {
        for keys in [2_u64, 3, 10] {
            for _ in 0..50 {
                let results = ring(eviction, keys).await;
                let errors: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
                // Whoever closes the ring gets the error, and it reaches those who wait for its load.
                assert!(!errors.is_empty(), "{eviction:?}: somebody must not wait");
                let names: Vec<_> = (0..keys).map(|n| format!("k{n}")).collect();
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                for error in errors {
                    assert_cycle(error, &names);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn diamonds_are_no_cycles() {
    for eviction in EVICTIONS {
        for round in 0..200 {
            let cache = roomy(eviction);
            let name = |part: &str| format!("{part}{round}");
            let left = sum(cache.clone(), name("left"), vec![name("bottom"), name("base")]);
            let right = sum(cache.clone(), name("right"), vec![name("base"), name("bottom")]);
            let top = cache.clone();
            let (left, right) = (tokio::spawn(left), tokio::spawn(right));
            let sides = [name("left"), name("right")];
            let load = move || {
                let inner = top.clone();
                async move {
                    let [left, right] = sides.map(|side| sum(inner.clone(), side, Vec::new()));
                    let (left, right) = join(left, right).await;
                    Ok::<_, Error>(left? + right?)
                }
            };
            let call = cache.get_or_load("top", CacheOptions::new(), load);
            within("a diamond", call).await.expect("no load waits for itself");
            within("its sides", join(left, right)).await.0.unwrap().unwrap();
            assert_eq!(cache.stats().load_cycles, 0, "{eviction:?}");
        }
    }
}

#[tokio::test]
async fn one_load_may_ask_for_a_key_twice_at_once() {
    for eviction in EVICTIONS {
        let cache = roomy(eviction);
        let inner = cache.clone();
        let call = cache.get_or_load("top", CacheOptions::new(), || async move {
            let twice = (0..2).map(|_| {
                inner.get_or_load("base", CacheOptions::new(), || async {
                    tokio::task::yield_now().await;
                    Ok::<_, Error>(1_u64)
                })
            });
            let both = join_all(twice).await;
            both.into_iter().sum::<CacheResult<u64>>()
        });
        assert_eq!(within("twice the same", call).await.unwrap(), 2, "{eviction:?}");
        assert_eq!(cache.stats().loads, 2, "{eviction:?}");
    }
}

/// The load of `top` begins to load `slow`, gives it up, and waits for something else. `slow` goes on by itself and
/// asks for `top`. Nothing waits for itself: `top` no longer waits for `slow`.
#[tokio::test]
async fn a_dependency_that_was_given_up_is_none() {
    for eviction in EVICTIONS {
        let cache = roomy(eviction);
        let (open_top, top_opened) = oneshot::channel::<()>();
        let (open_slow, slow_opened) = oneshot::channel::<()>();
        let (first, second) = (cache.clone(), cache.clone());
        let mut top = pin!(cache.get_or_load("top", CacheOptions::new(), || async move {
            let mut slow = Box::pin(first.get_or_load("slow", CacheOptions::new(), || async move {
                slow_opened.await.unwrap();
                second.get_or_load("top", CacheOptions::new(), || async { Ok::<_, Error>(9_u64) }).await
            }));
            assert!(poll!(slow.as_mut()).is_pending());
            drop(slow);
            top_opened.await.unwrap();
            Ok::<_, Error>(1_u64)
        }));
        assert!(poll!(top.as_mut()).is_pending());
        assert_eq!(cache.stats().adopted, 1, "{eviction:?}: `slow` goes on");
        let mut slow =
            pin!(cache.get_or_load("slow", CacheOptions::new(), || async { Ok::<_, Error>(9_u64) }));
        assert!(poll!(slow.as_mut()).is_pending());
        open_slow.send(()).unwrap();
        // The adopted load runs up to where it waits for `top`, or fails.
        tokio::task::yield_now().await;
        open_top.send(()).unwrap();
        assert_eq!(within("`top`", top).await.unwrap(), 1, "{eviction:?}");
        assert_eq!(within("`slow`", slow).await.expect("nothing waits for itself"), 1, "{eviction:?}");
        assert_eq!(cache.stats().load_cycles, 0, "{eviction:?}");
    }
}

/// Loads rung `depth` of `side` of a ladder: it asks for both keys of the rung below, and the lowest waits at `gate`.
fn rung(
    cache: HydraCache,
    side: u64,
    depth: u64,
    gate: Arc<Semaphore>,
) -> BoxFuture<'static, CacheResult<u64>> {
    async move {
        let inner = cache.clone();
        let load = || async move {
            if depth == 0 {
                let _open = gate.acquire().await.unwrap();
                return Ok::<_, Error>(1);
            }
            let below = (0..2).map(|side| rung(inner.clone(), side, depth - 1, Arc::clone(&gate)));
            join_all(below).await.into_iter().sum::<CacheResult<u64>>()
        };
        cache.get_or_load(format!("{side}:{depth}"), CacheOptions::new(), load).await
    }
    .boxed()
}

/// A ladder of 25 rungs has a way from top to bottom for each number of 25 bits. Who looks for a cycle must look at
/// its 50 loads, not at each of those ways.
#[test]
fn the_search_for_a_cycle_does_not_grow_with_the_ways_through_shared_dependencies() {
    const DEPTH: u64 = 25;
    let (done, wait) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (cache, gate) = (roomy(Eviction::S3Fifo), Arc::new(Semaphore::new(0)));
            let mut top = pin!(rung(cache.clone(), 0, DEPTH, Arc::clone(&gate)));
            assert!(poll!(top.as_mut()).is_pending());
            let inner = cache.clone();
            let mut beside = pin!(cache.get_or_load("beside", CacheOptions::new(), || async move {
                rung(inner, 0, DEPTH, Arc::new(Semaphore::new(0))).await
            }));
            assert!(poll!(beside.as_mut()).is_pending());
            gate.add_permits(1);
            assert_eq!(top.await.unwrap(), 1 << DEPTH);
            assert_eq!(beside.await.unwrap(), 1 << DEPTH);
            assert_eq!(cache.stats().loads, 2 * DEPTH + 2);
        });
        done.send(()).expect("somebody waits");
    });
    wait.recv_timeout(Duration::from_secs(10)).expect("a search over 52 loads ends");
}
