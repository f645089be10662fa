//! Nothing of the user's runs under a lock of the cache: a value may call the cache when it is dropped, however it
//! leaves.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::task::noop_waker_ref;
use hydracache_runtime::CacheOptions;
use tokio::sync::oneshot;

use crate::support::caller::{CAPACITY, Caller, Callers, hangs};

fn does_not_hang(work: fn(&Callers)) {
    assert_eq!(hangs(Duration::from_secs(20), work), 0, "stores over which it hangs");
}

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("nothing to wait for")
}

fn load(callers: &Callers) -> std::sync::Arc<Caller> {
    let value = callers.value();
    now(callers.view.get_or_insert_with("1", CacheOptions::new().tag("t"), || async { value })).unwrap()
}

#[test]
fn a_value_that_is_replaced_may_call_the_cache() {
    does_not_hang(|callers| {
        for _ in 0..10 {
            callers.put(1);
        }
    });
}

#[test]
fn a_value_that_is_removed_may_call_the_cache() {
    does_not_hang(|callers| {
        callers.put(1);
        callers.view.remove("1").fire();
    });
}

#[test]
fn a_value_that_is_evicted_may_call_the_cache() {
    does_not_hang(|callers| {
        for n in 0..10 * CAPACITY {
            callers.put(n);
        }
    });
}

#[test]
fn a_value_that_is_swept_may_call_the_cache() {
    does_not_hang(|callers| {
        for n in 0..CAPACITY / 2 {
            callers.put(n);
        }
        callers.cache().invalidate_tag("t").fire();
        callers.cache().sweep();
        callers.cache().sweep();
    });
}

#[test]
fn a_dead_value_that_is_met_by_a_read_may_call_the_cache() {
    does_not_hang(|callers| {
        callers.put(1);
        callers.cache().flush().fire();
        assert!(callers.view.peek("1").unwrap().is_none());
        assert!(now(callers.view.get("1")).unwrap().is_none());
        callers.put(1);
        callers.view.expire_key("1").fire();
        assert!(now(callers.view.get("1")).unwrap().is_none());
        load(callers);
    });
}

#[test]
fn a_value_that_a_load_replaces_may_call_the_cache() {
    does_not_hang(|callers| {
        for _ in 0..10 {
            load(callers);
            callers.cache().invalidate_tag("t").fire();
        }
    });
}

#[test]
fn a_loaded_value_that_was_overtaken_may_call_the_cache() {
    does_not_hang(|callers| {
        let (open, opened) = oneshot::channel();
        let value = callers.value();
        let load = || async {
            opened.await.unwrap();
            value
        };
        let mut call = pin!(callers.view.get_or_insert_with("1", CacheOptions::new(), load));
        let mut context = std::task::Context::from_waker(noop_waker_ref());
        assert!(call.as_mut().poll(&mut context).is_pending());
        callers.view.remove("1").fire();
        open.send(()).unwrap();
        drop(now(call).unwrap());
        assert_eq!(callers.cache().stats().stale_discards, 1);
    });
}

#[test]
fn a_value_that_was_refused_may_call_the_cache() {
    does_not_hang(|callers| {
        callers.put(1);
        let refused = callers.view.put("1", callers.value(), CacheOptions::new().ttl(Duration::ZERO));
        refused.local().unwrap_err();
    });
}
