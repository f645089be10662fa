//! Calls that load: `get_or_load`, its other name, and the infallible form.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::join_all;
use hydracache_runtime::{ErrorKind, Eviction, LoadError};
use tokio::sync::oneshot;

use crate::support::{cache, plain, seconds, tagged, timed};

over_both_stores! {
    a_value_is_loaded_once_and_then_found,
    each_way_to_load_stores_with_its_options,
    the_loaders_own_error_is_the_source,
    a_failed_load_stores_nothing_and_the_next_call_loads_again,
    concurrent_callers_share_one_load,
    concurrent_callers_share_one_failure,
    absence_and_emptiness_are_values,
    a_load_begins_after_the_entry_expired,
    a_put_during_a_load_wins,
    a_load_that_waits_for_itself_is_an_error_that_names_the_keys,
}

async fn a_value_is_loaded_once_and_then_found(eviction: Eviction) {
    let cache = cache(eviction);
    let runs = AtomicU32::new(0);
    for _ in 0..3 {
        let loaded = cache.get_or_load("k", plain(), || {
            runs.fetch_add(1, Ordering::Relaxed);
            async { Ok::<_, io::Error>(42_u64) }
        });
        assert_eq!(loaded.await.unwrap(), 42);
    }
    assert_eq!(runs.into_inner(), 1);
    assert_eq!(cache.get::<u64>("k").await.unwrap(), Some(42));
}

async fn each_way_to_load_stores_with_its_options(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("view");
    let ok = |value: u8| move || async move { Ok::<_, io::Error>(value) };
    let plain_value = |value: u8| move || async move { value };
    assert_eq!(cache.get_or_load("a", tagged("t"), ok(1)).await.unwrap(), 1);
    assert_eq!(cache.try_get_or_insert_with("b", tagged("t"), ok(2)).await.unwrap(), 2);
    assert_eq!(cache.get_or_insert_with("c", tagged("t"), plain_value(3)).await.unwrap(), 3);
    assert_eq!(view.get_or_load("d", tagged("t"), ok(4)).await.unwrap(), 4);
    assert_eq!(view.try_get_or_insert_with("e", tagged("t"), ok(5)).await.unwrap(), 5);
    assert_eq!(view.get_or_insert_with("f", tagged("t"), plain_value(6)).await.unwrap(), 6);
    let keys = ["a", "b", "c", "view:d", "view:e", "view:f"];
    for (key, value) in keys.into_iter().zip(1_u8..) {
        assert_eq!(cache.get::<u8>(key).await.unwrap(), Some(value));
    }
    cache.invalidate_tag("t").await.unwrap();
    for key in keys {
        assert!(!cache.contains_key(key).await, "`{key}` did not carry the tag");
    }
}

async fn the_loaders_own_error_is_the_source(eviction: Eviction) {
    let cache = cache(eviction);
    let failing = || async { Err::<u8, _>(io::Error::new(io::ErrorKind::TimedOut, "the disk is slow")) };
    let error = cache.get_or_load("user:42", plain(), failing).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Load);
    assert!(error.to_string().contains("user:42"), "{error}");
    assert_eq!(error.downcast_ref::<io::Error>().unwrap().kind(), io::ErrorKind::TimedOut);
    assert!(error.source().unwrap().downcast_ref::<io::Error>().is_some(), "`source` is the loader's own");
    let load: &LoadError = error.load_error().unwrap();
    assert_eq!((load.kind(), load.to_string().as_str()), (ErrorKind::Load, "the disk is slow"));
    assert!(load.downcast_ref::<io::Error>().is_some());
    let boxed = cache.get_or_load("k", plain(), || async { Err::<u8, _>("plain text") });
    assert_eq!(boxed.await.unwrap_err().load_error().unwrap().to_string(), "plain text");
}

async fn a_failed_load_stores_nothing_and_the_next_call_loads_again(eviction: Eviction) {
    let cache = cache(eviction);
    let failed = cache.get_or_load("k", plain(), || async { Err::<u8, _>(io::Error::other("once")) });
    failed.await.unwrap_err();
    assert!(!cache.contains_key("k").await);
    let loaded = cache.get_or_load("k", plain(), || async { Ok::<_, io::Error>(9_u8) });
    assert_eq!(loaded.await.unwrap(), 9);
}

async fn concurrent_callers_share_one_load(eviction: Eviction) {
    let cache = cache(eviction);
    let runs = Arc::new(AtomicU32::new(0));
    let calls = (0..100).map(|_| {
        let runs = Arc::clone(&runs);
        cache.get_or_insert_with("k", plain(), move || async move {
            tokio::task::yield_now().await;
            runs.fetch_add(1, Ordering::Relaxed) + 10
        })
    });
    let values: Vec<u32> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(values, vec![10; 100]);
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

async fn concurrent_callers_share_one_failure(eviction: Eviction) {
    let cache = cache(eviction);
    let runs = Arc::new(AtomicU32::new(0));
    let calls = (0..20).map(|_| {
        let runs = Arc::clone(&runs);
        cache.get_or_load("k", plain(), move || async move {
            tokio::task::yield_now().await;
            runs.fetch_add(1, Ordering::Relaxed);
            Err::<u8, _>(io::Error::other("down"))
        })
    });
    for result in join_all(calls).await {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Load);
        assert_eq!(error.downcast_ref::<io::Error>().unwrap().to_string(), "down");
    }
    assert_eq!(runs.load(Ordering::Relaxed), 1, "those who waited did not run it again");
}

async fn absence_and_emptiness_are_values(eviction: Eviction) {
    let cache = cache(eviction);
    cache.get_or_insert_with("none", plain(), || async { None::<String> }).await.unwrap();
    cache.get_or_insert_with("empty", plain(), || async { Vec::<u8>::new() }).await.unwrap();
    cache.put("unit", (), plain()).await.unwrap();
    assert_eq!(cache.get::<Option<String>>("none").await.unwrap(), Some(None));
    assert_eq!(cache.get::<Vec<u8>>("empty").await.unwrap(), Some(vec![]));
    assert_eq!(cache.get::<()>("unit").await.unwrap(), Some(()));
}

async fn a_load_begins_after_the_entry_expired(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    for (loads, expected) in [(0_u32, 0), (1, 0), (2, 2)] {
        let loaded = cache.get_or_insert_with("k", plain().ttl(seconds(10)), move || async move { loads });
        assert_eq!(loaded.await.unwrap(), expected);
        clock.advance(seconds(5));
    }
}

async fn a_put_during_a_load_wins(eviction: Eviction) {
    let cache = cache(eviction);
    let (tell, told) = oneshot::channel::<()>();
    let load = cache.get_or_load("k", plain(), || async move { told.await.map(|()| "loaded".to_owned()) });
    let write = async {
        cache.put("k", "put".to_owned(), plain()).await.unwrap();
        tell.send(()).unwrap();
    };
    futures_util::future::join(load, write).await.0.unwrap();
    assert_eq!(cache.get::<String>("k").await.unwrap().as_deref(), Some("put"));
}

async fn a_load_that_waits_for_itself_is_an_error_that_names_the_keys(eviction: Eviction) {
    let cache = cache(eviction);
    let (again, inner) = (cache.clone(), cache.clone());
    let result = cache.get_or_load("outer", plain(), || async move {
        inner
            .get_or_load("inner", plain(), || async move {
                again.get_or_load("outer", plain(), || async { Ok::<_, io::Error>(1_u8) }).await
            })
            .await
    });
    let error = result.await.unwrap_err();
    let mut told: &dyn std::error::Error = &error;
    while let Some(source) = told.source() {
        told = source;
    }
    let text = told.to_string();
    assert!(text.contains("outer") && text.contains("inner"), "the chain is not named: {text}");
    assert!(!cache.contains_key("outer").await && !cache.contains_key("inner").await);
}
