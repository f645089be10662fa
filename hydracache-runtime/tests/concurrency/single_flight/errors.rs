//! A load that fails: who learns of it, and how many loads it takes.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::join_all;
use futures_util::poll;
use hydracache_runtime::macro_support::{
    CarryLoadError as _, CarryNothing as _, ErrorProbe, ShareClone as _, ShareNothing as _, ShareText as _,
};
use hydracache_runtime::{CacheOptions, ErrorKind, LoadError};
use tokio::sync::Semaphore;
use tokio::task::yield_now;

use crate::support::function::Function;
use crate::support::source::{Row, Source};
use crate::support::{EVICTIONS, roomy, within};

const CALLERS: usize = 100;

/// What can be done with an error, found as generated code finds it.
macro_rules! sharing {
    ($error:ty) => {
        (&&&ErrorProbe::<$error>::new()).sharing((&&ErrorProbe::<$error>::new()).carry())
    };
}

/// An error that can neither be cloned nor made from what the cache says.
#[derive(Debug)]
struct Opaque(u64);

/// An error that can be cloned.
#[derive(Debug, Clone, PartialEq)]
struct Copied(u64);

/// An error that can be made from what the cache says.
#[derive(Debug)]
struct Told(String);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<LoadError> for Told {
    fn from(error: LoadError) -> Self {
        Self(format!("told: {error}"))
    }
}

#[tokio::test]
async fn the_error_of_one_load_reaches_all_who_waited() {
    for eviction in EVICTIONS {
        let cache = roomy(eviction);
        let loads = AtomicU64::new(0);
        let calls = (0..CALLERS).map(|_| {
            cache.get_or_load("k", CacheOptions::new(), || {
                let load = loads.fetch_add(1, Ordering::SeqCst);
                async move {
                    yield_now().await;
                    Err::<Row, _>(std::io::Error::other(format!("failure {load}")))
                }
            })
        });
        for result in within("callers of a load that fails", join_all(calls)).await {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Load);
            let cause = error.downcast_ref::<std::io::Error>().expect("the loader's own error");
            assert_eq!(cause.to_string(), "failure 0", "{eviction:?}");
        }
        assert_eq!(loads.load(Ordering::SeqCst), 1, "{eviction:?}");
        assert_eq!(cache.stats().load_failures, 1, "{eviction:?}");
        // An error is not stored.
        let source = Source::new(1);
        let row = cache.get_or_insert_with("k", CacheOptions::new(), || source.load()).await;
        assert_eq!(row.unwrap(), source.row(), "{eviction:?}");
    }
}

#[tokio::test]
async fn an_error_that_can_be_cloned_is_cloned_for_all_who_waited() {
    for eviction in EVICTIONS {
        let function = Function::new(roomy(eviction));
        let sharing = sharing!(Copied);
        let loads = AtomicU64::new(0);
        let calls = (0..CALLERS).map(|_| {
            function.try_call(1, sharing, || async {
                let load = loads.fetch_add(1, Ordering::SeqCst);
                yield_now().await;
                Err(Copied(load))
            })
        });
        let results = within("callers of a load that fails", join_all(calls)).await;
        assert!(results.into_iter().all(|result| result == Err(Copied(0))), "{eviction:?}");
        assert_eq!(loads.load(Ordering::SeqCst), 1, "{eviction:?}");
    }
}

#[tokio::test]
async fn an_error_that_can_be_told_is_told_to_all_who_waited() {
    for eviction in EVICTIONS {
        let function = Function::new(roomy(eviction));
        let sharing = sharing!(Told);
        let loads = AtomicU64::new(0);
        let calls = (0..CALLERS).map(|_| {
            function.try_call(1, sharing, || async {
                let load = loads.fetch_add(1, Ordering::SeqCst);
                yield_now().await;
                Err(Told(format!("failure {load}")))
            })
        });
        let results = within("callers of a load that fails", join_all(calls)).await;
        let mut texts = results.into_iter().map(|result| result.unwrap_err().0);
        assert_eq!(texts.next().unwrap(), "failure 0", "the leader keeps its own error");
        assert!(texts.all(|text| text == "told: failure 0"), "{eviction:?}");
        assert_eq!(loads.load(Ordering::SeqCst), 1, "{eviction:?}");
    }
}

#[tokio::test]
async fn anyhow_and_boxed_errors_are_told() {
    type Boxed = Box<dyn std::error::Error + Send + Sync>;
    let function = Function::new(roomy(EVICTIONS[0]));
    let anyhow = sharing!(anyhow::Error);
    let calls = (0..3).map(|_| {
        function.try_call(1, anyhow, || async {
            yield_now().await;
            Err(anyhow::anyhow!("the cause").context("the failure"))
        })
    });
    for result in within("callers", join_all(calls)).await {
        let text = format!("{:#}", result.unwrap_err());
        assert!(text.contains("the failure") && text.contains("the cause"), "{text}");
    }
    let boxed = sharing!(Boxed);
    let calls = (0..3).map(|_| {
        function.try_call(2, boxed, || async {
            yield_now().await;
            Err::<Row, Boxed>("the failure".into())
        })
    });
    for result in within("callers", join_all(calls)).await {
        assert_eq!(result.unwrap_err().to_string(), "the failure");
    }
    assert_eq!(function.cache.stats().loads, 2, "one for each key");
}

/// Each load takes one permit to return, so that the time of loads is counted in permits instead of seconds.
#[tokio::test]
async fn an_error_that_cannot_be_shared_costs_a_caller_at_most_three_loads() {
    for eviction in EVICTIONS {
        let function = Function::new(roomy(eviction));
        let sharing = sharing!(Opaque);
        let loads = AtomicU64::new(0);
        let open = Arc::new(Semaphore::new(0));
        let calls = (0..CALLERS).map(|_| {
            function.try_call(1, sharing, || async {
                let load = loads.fetch_add(1, Ordering::SeqCst);
                open.acquire().await.unwrap().forget();
                Err(Opaque(load))
            })
        });
        let mut calls = pin!(join_all(calls));
        assert!(poll!(calls.as_mut()).is_pending());
        assert_eq!(loads.load(Ordering::SeqCst), 1, "{eviction:?}: all wait for the first");
        open.add_permits(1);
        assert!(poll!(calls.as_mut()).is_pending());
        assert_eq!(loads.load(Ordering::SeqCst), 2, "{eviction:?}: the others wait for the second together");
        open.add_permits(1);
        assert!(poll!(calls.as_mut()).is_pending());
        assert_eq!(loads.load(Ordering::SeqCst), CALLERS as u64, "{eviction:?}: then each for itself");
        open.add_permits(CALLERS);
        let results = within("callers of a load that fails", calls).await;
        let mut errors: Vec<_> = results.into_iter().map(|result| result.unwrap_err().0).collect();
        errors.sort_unstable();
        assert!(
            errors.iter().copied().eq(0..CALLERS as u64),
            "each has the error of its own load: {errors:?}"
        );
        assert_eq!(function.cache.stats().self_loads, CALLERS as u64 - 2, "{eviction:?}");
    }
}

#[tokio::test]
async fn a_load_for_oneself_that_succeeds_is_stored() {
    for eviction in EVICTIONS {
        let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
        let sharing = sharing!(Opaque);
        let loads = AtomicU64::new(0);
        let calls = (0..10).map(|_| {
            function.try_call(1, sharing, || async {
                let load = loads.fetch_add(1, Ordering::SeqCst);
                yield_now().await;
                if load < 2 { Err(Opaque(load)) } else { Ok(source.read()) }
            })
        });
        let results = within("callers", join_all(calls)).await;
        assert_eq!(results.iter().filter(|result| result.is_err()).count(), 2, "{eviction:?}");
        assert!(function.get(1).is_some(), "{eviction:?}");
    }
}
