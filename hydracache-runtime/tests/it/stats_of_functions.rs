//! The counters of annotated functions, which are part of those of the cache they use.

use std::future::{Future, ready};

use futures_util::future::join3;
use hydracache_runtime::macro_support::{CarryNothing, ErrorProbe, Lookup, ShareNothing, Sharing, stats};
use hydracache_runtime::{CacheStats, Eviction, HydraCache, Runtime};

use crate::functions::{ODD, UNKNOWN, USERS, USERS_1, call, look};
use crate::support::{cache, plain};

over_both_stores! {
    a_call_is_counted_for_its_function_and_its_cache,
    functions_are_counted_apart,
    a_call_with_too_long_a_key_runs_without_the_cache_and_is_counted,
    a_function_the_registry_does_not_know_runs_without_the_cache,
    those_whose_failures_cannot_be_shared_load_for_themselves_at_last,
    bytes_of_another_version_are_a_miss,
    clearing_a_function_ends_its_entries_alone,
}

/// An error that can neither be cloned nor made from another.
#[derive(Debug, PartialEq)]
struct Own(&'static str);

fn sharing() -> Sharing<Own> {
    let probe = ErrorProbe::<Own>::new();
    probe.sharing(probe.carry())
}

async fn in_runtime<F: Future>(eviction: Eviction, work: impl FnOnce(HydraCache) -> F) -> F::Output {
    let cache = cache(eviction);
    Runtime::builder().cache(cache.clone()).build().unwrap().scope(work(cache)).await
}

async fn a_call_is_counted_for_its_function_and_its_cache(eviction: Eviction) {
    in_runtime(eviction, |cache| async move {
        for _ in 0..3 {
            assert_eq!(call(&USERS, "7", sharing(), ready(Ok(70))).await, Ok(70));
        }
        assert_eq!(call(&USERS, "8", sharing(), ready(Err(Own("down")))).await, Err(Own("down")));
        let mut expected = CacheStats::default();
        (expected.hits, expected.misses, expected.loads, expected.load_failures) = (2, 2, 2, 1);
        assert_eq!(stats(&USERS), expected);
        assert_eq!(cache.stats(), expected, "the numbers of functions are part of the cache's own");
        cache.get::<u8>("raw").await.unwrap();
        assert_eq!((stats(&USERS).requests(), cache.stats().requests()), (4, 5));
    })
    .await;
}

async fn functions_are_counted_apart(eviction: Eviction) {
    in_runtime(eviction, |cache| async move {
        call(&USERS, "7", sharing(), ready(Ok(1))).await.unwrap();
        call(&USERS_1, "7", sharing(), ready(Ok(2))).await.unwrap();
        assert_eq!(call(&ODD, "7", sharing(), ready(Ok(3))).await, Ok(3), "each has entries of its own");
        for site in [&USERS, &USERS_1, &ODD] {
            assert_eq!((stats(site).misses, stats(site).loads, stats(site).hits), (1, 1, 0), "{site}");
        }
        assert_eq!(cache.stats().misses, 3);
        for key in ["it.users@0:7", "it.users@1:7", "it%3Aodd%25@0:7"] {
            assert!(cache.contains_key(key).await, "`{key}`");
        }
    })
    .await;
}

async fn a_call_with_too_long_a_key_runs_without_the_cache_and_is_counted(eviction: Eviction) {
    in_runtime(eviction, |cache| async move {
        let long = "x".repeat(1_100);
        for value in [1, 2] {
            assert_eq!(call(&USERS, &long, sharing(), ready(Ok(value))).await, Ok(value));
        }
        let mut expected = CacheStats::default();
        expected.bypassed = 2;
        assert_eq!(stats(&USERS), expected);
        assert_eq!(cache.diagnostics().await.estimated_entries, 0);
    })
    .await;
}

async fn a_function_the_registry_does_not_know_runs_without_the_cache(eviction: Eviction) {
    in_runtime(eviction, |cache| async move {
        assert!(matches!(look(&UNKNOWN, "7"), Lookup::Miss(_)));
        for value in [1, 2] {
            assert_eq!(call(&UNKNOWN, "7", sharing(), ready(Ok(value))).await, Ok(value));
        }
        assert_eq!(cache.diagnostics().await.estimated_entries, 0);
    })
    .await;
}

/// The first waits for one load, the others for a second, and then the last loads alone: three loads at most.
async fn those_whose_failures_cannot_be_shared_load_for_themselves_at_last(eviction: Eviction) {
    in_runtime(eviction, |cache| async move {
        let failing = |error| async move {
            tokio::task::yield_now().await;
            Err(Own(error))
        };
        let call = |error| call(&USERS, "7", sharing(), failing(error));
        let (first, second, third) = join3(call("first"), call("second"), call("third")).await;
        assert_eq!(first, Err(Own("first")));
        assert_eq!(second, Err(Own("second")), "each caller gets the error of its own loader");
        assert_eq!(third, Err(Own("third")));
        let counted = stats(&USERS);
        assert_eq!((counted.misses, counted.joins, counted.requests()), (1, 2, 3));
        assert_eq!((counted.loads, counted.load_failures, counted.self_loads), (3, 3, 1));
        assert_eq!(cache.stats(), counted);
    })
    .await;
}

async fn bytes_of_another_version_are_a_miss(eviction: Eviction) {
    in_runtime(eviction, |cache| async move {
        call(&USERS_1, "7", sharing(), ready(Ok(1))).await.unwrap();
        let bytes = cache.get_encoded("it.users@1:7").await.unwrap().unwrap();
        cache.put_encoded("it.users@1:8", bytes.clone(), plain()).await.unwrap();
        assert_eq!(call(&USERS_1, "8", sharing(), ready(Ok(9))).await, Ok(1), "the same version reads them");
        cache.put_encoded("it.users@0:7", bytes.clone(), plain()).await.unwrap();
        assert_eq!(call(&USERS, "7", sharing(), ready(Ok(2))).await, Ok(2), "another version does not");
        let counted = stats(&USERS);
        assert_eq!((counted.decode_failures, counted.misses, counted.loads, counted.hits), (1, 1, 1, 0));
        cache.put_encoded("raw", bytes, plain()).await.unwrap();
        assert_eq!(cache.get::<u32>("raw").await.unwrap(), None, "nor do raw reads, which are of version 0");
    })
    .await;
}

async fn clearing_a_function_ends_its_entries_alone(eviction: Eviction) {
    in_runtime(eviction, |cache| async move {
        for site in [&USERS, &USERS_1] {
            call(site, "7", sharing(), ready(Ok(1))).await.unwrap();
        }
        cache.put("it.users", 5_u32, plain()).await.unwrap();
        hydracache_runtime::macro_support::clear(&USERS, None).await.unwrap();
        assert!(matches!(look(&USERS, "7"), Lookup::Miss(_)));
        assert!(matches!(look(&USERS_1, "7"), Lookup::Hit(1)));
        assert_eq!(cache.get::<u32>("it.users").await.unwrap(), Some(5));
        assert_eq!(cache.stats().namespace_invalidations, 1);
    })
    .await;
}
