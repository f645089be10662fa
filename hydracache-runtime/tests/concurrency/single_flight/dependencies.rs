//! Loads that ask for other keys at random, on real threads, with callers that go away: nobody hangs.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::{BoxFuture, join_all};
use futures_util::{FutureExt, poll};
use hydracache_runtime::{CacheOptions, CacheResult, Error, ErrorKind, Eviction, HydraCache};
use tokio::task::yield_now;

use crate::support::{Dice, EVICTIONS, roomy, within};

const KEYS: u64 = 12;
const TASKS: u64 = 8;
const CALLS: u64 = 2_000;

/// Which keys a load may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Those above its own, so that no load ever waits for itself.
    Higher,
    /// Any.
    Any,
}

/// Calls `key`, whose load asks for up to two others, one after the other or both at once.
fn call(
    cache: HydraCache,
    needs: Needs,
    key: u64,
    seed: Arc<AtomicU64>,
) -> BoxFuture<'static, CacheResult<u64>> {
    async move {
        let inner = cache.clone();
        let load = || async move {
            let mut dice = Dice::new(seed.fetch_add(1, Ordering::Relaxed));
            yield_now().await;
            let lowest = if needs == Needs::Higher { key + 1 } else { 0 };
            let next = |dice: &mut Dice| (lowest < KEYS).then(|| lowest + dice.roll(KEYS - lowest));
            let asked: Vec<_> = (0..dice.roll(3)).filter_map(|_| next(&mut dice)).collect();
            let calls = asked.into_iter().map(|other| call(inner.clone(), needs, other, Arc::clone(&seed)));
            let mut sum = 0;
            if dice.roll(2) == 0 {
                for result in join_all(calls).await {
                    sum += result?;
                }
            } else {
                for call in calls {
                    sum += call.await?;
                }
            }
            Ok::<_, Error>(sum % 7)
        };
        cache.get_or_load(key.to_string(), CacheOptions::new(), load).await
    }
    .boxed()
}

/// The errors that are not about a load that waits for itself.
fn is_other(error: &Error) -> bool {
    match error.downcast_ref::<Error>() {
        Some(cause) => is_other(cause),
        None => error.kind() != ErrorKind::LoadCycle,
    }
}

/// Tasks call keys at random and invalidate them again; some calls are given up. Returns the errors.
async fn play(cache: &HydraCache, needs: Needs) -> Vec<Error> {
    let tasks = (0..TASKS).map(|task| {
        let cache = cache.clone();
        tokio::spawn(async move {
            let mut dice = Dice::new(task);
            let seed = Arc::new(AtomicU64::new(task << 32));
            let mut errors = Vec::new();
            for _ in 0..CALLS {
                let key = dice.roll(KEYS);
                let mut asked = pin!(call(cache.clone(), needs, key, Arc::clone(&seed)));
                if dice.roll(4) == 0 {
                    let _ = poll!(asked.as_mut());
                } else {
                    errors.extend(asked.await.err());
                }
                cache.remove(dice.roll(KEYS).to_string()).await.unwrap();
            }
            errors
        })
    });
    let errors = within("loads that ask for each other", join_all(tasks)).await;
    errors.into_iter().flat_map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn loads_that_cannot_wait_for_themselves_never_fail() {
    for eviction in EVICTIONS {
        let cache = roomy(eviction);
        let errors = play(&cache, Needs::Higher).await;
        assert!(errors.is_empty(), "{eviction:?}: {:?}", errors.first());
        let stats = cache.stats();
        assert_eq!(stats.load_cycles, 0, "{eviction:?}");
        assert!(stats.joins > 0 && stats.adopted > 0, "{eviction:?}: {stats:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn loads_that_wait_for_each_other_end_all_the_same() {
    for eviction in EVICTIONS {
        let cache = roomy(eviction);
        let errors = play(&cache, Needs::Any).await;
        assert!(cache.stats().load_cycles > 0, "{eviction:?}: none waited for itself");
        let other = errors.iter().find(|error| is_other(error));
        assert!(other.is_none(), "{eviction:?}: {other:?}");
        // Whatever was going on has ended: every key can be loaded.
        for key in 0..KEYS {
            cache.remove(key.to_string()).await.unwrap();
            let call = cache.get_or_insert_with(key.to_string(), CacheOptions::new(), || async { 1_u64 });
            within("a key afterwards", call).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_load_that_waits_for_itself_through_another_cache_is_an_error() {
    let (one, other) = (roomy(Eviction::S3Fifo), roomy(Eviction::TinyLfu));
    let (inner_one, inner_other) = (one.clone(), other.clone());
    let call = one.get_or_load("k", CacheOptions::new(), || async move {
        inner_other
            .get_or_load("k", CacheOptions::new(), || async move {
                inner_one.get_or_load("k", CacheOptions::new(), || async { Ok::<_, Error>(1_u64) }).await
            })
            .await
    });
    let error = within("two caches", call).await.unwrap_err();
    assert!(!is_other(&error), "{error:?}");
}
