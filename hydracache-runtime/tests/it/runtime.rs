//! The runtime: which caches functions use, in which scope, and what is wrong with one.

use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::join;
use hydracache_runtime::macro_support::{ErrorProbe, Lookup, ShareClone, Sharing};
use hydracache_runtime::{Error, ErrorKind, HydraCache, Runtime};

use crate::functions::{USERS, call, look};
use crate::support::assert_says;

fn cache(name: &str) -> HydraCache {
    HydraCache::local().name(name).build()
}

fn runtime(name: &str) -> Runtime {
    Runtime::builder().cache(cache(name)).build().unwrap()
}

/// The name of the cache that functions use now.
fn current() -> String {
    Runtime::current().default_cache().name().to_owned()
}

fn sharing() -> Sharing<Error> {
    let probe = ErrorProbe::<Error>::new();
    (&&&probe).sharing(None)
}

#[test]
fn scopes_nest_and_end() {
    let outside = current();
    let (outer, inner) = (runtime("outer"), runtime("inner"));
    outer.sync_scope(|| {
        assert_eq!(current(), "outer");
        let answer = inner.sync_scope(|| {
            assert_eq!(current(), "inner");
            outer.sync_scope(|| assert_eq!(current(), "outer"));
            assert_eq!(current(), "inner");
            42
        });
        assert_eq!((answer, current().as_str()), (42, "outer"));
    });
    assert_eq!(current(), outside);
}

#[tokio::test]
async fn a_scope_holds_across_await_and_does_not_leak_into_others() {
    async fn check(name: &'static str) {
        for _ in 0..10 {
            assert_eq!(current(), name);
            tokio::task::yield_now().await;
        }
    }
    let outside = current();
    let (one, other) = (runtime("one"), runtime("other"));
    let nested = async {
        check("one").await;
        other.scope(check("other")).await;
        check("one").await;
    };
    // Both are polled in turns by one task.
    join(one.scope(nested), other.scope(check("other"))).await;
    assert_eq!(current(), outside);
    let unpolled = one.scope(check("one"));
    assert_eq!(current(), outside, "a scope begins when its future is polled");
    unpolled.await;
}

#[tokio::test]
async fn a_scope_is_restored_after_a_panic() {
    let outside = current();
    let scoped = runtime("scoped");
    let panic = catch_unwind(AssertUnwindSafe(|| scoped.sync_scope(|| panic!("inside"))));
    assert!(panic.is_err());
    assert_eq!(current(), outside);
    let panic = AssertUnwindSafe(scoped.scope(async {
        tokio::task::yield_now().await;
        panic!("inside");
    }));
    assert!(panic.catch_unwind().await.is_err());
    assert_eq!(current(), outside);
}

#[tokio::test]
async fn a_scope_that_is_dropped_halfway_leaves_nothing_behind() {
    let outside = current();
    assert!(runtime("scoped").scope(std::future::pending::<()>()).now_or_never().is_none());
    assert_eq!(current(), outside);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_and_spawned_tasks_are_outside_of_a_scope() {
    let outside = current();
    let seen = runtime("scoped").scope(async { tokio::spawn(async { current() }).await.unwrap() }).await;
    assert_eq!(seen, outside);
    let seen = runtime("scoped").sync_scope(|| std::thread::spawn(current).join().unwrap());
    assert_eq!(seen, outside);
}

#[tokio::test]
async fn functions_in_different_scopes_share_nothing() {
    let (one, other) = (runtime("one"), runtime("other"));
    for (runtime, value) in [(&one, 1), (&other, 2)] {
        let loaded = runtime.scope(call(&USERS, "7", sharing(), ready(Ok(value)))).await;
        assert_eq!(loaded.unwrap(), value);
    }
    for (runtime, value) in [(&one, 1), (&other, 2)] {
        runtime.sync_scope(|| assert!(matches!(look(&USERS, "7"), Lookup::Hit(found) if found == value)));
        assert_eq!(runtime.default_cache().diagnostics().await.estimated_entries, 1);
    }
    one.default_cache().flush().await.unwrap();
    one.sync_scope(|| assert!(matches!(look(&USERS, "7"), Lookup::Miss(_))));
    other.sync_scope(|| assert!(matches!(look(&USERS, "7"), Lookup::Hit(2))));
}

/// The loader outlives its caller here, and must still see the caches of its caller.
#[tokio::test]
async fn a_load_that_outlives_its_caller_keeps_the_scope() {
    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    let (report, reported) = tokio::sync::oneshot::channel();
    let scoped = runtime("scoped");
    let load = async move {
        told.await.unwrap();
        report.send(current()).unwrap();
        Ok(1)
    };
    assert!(scoped.scope(call(&USERS, "7", sharing(), load)).now_or_never().is_none());
    tell.send(()).unwrap();
    assert_eq!(reported.await.unwrap(), "scoped");
}

#[test]
fn caches_are_found_by_name() {
    let builder = Runtime::builder().cache(cache("default one"));
    let runtime = builder.named("b", cache("second")).named("a", cache("first")).build().unwrap();
    assert_eq!(runtime.default_cache().name(), "default one");
    assert_eq!(runtime.cache("a").unwrap().name(), "first");
    assert_eq!(runtime.cache("b").unwrap().name(), "second");
    assert!(runtime.cache("default one").is_none(), "only what was named is found");
    assert_eq!(runtime.cache_names().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn a_runtime_without_a_word_has_a_default_cache() {
    let runtime = Runtime::builder().build().unwrap();
    runtime.default_cache().put("k", 1_u8, crate::support::plain()).local().unwrap();
    assert_eq!(runtime.default_cache().peek::<u8>("k").unwrap(), Some(1));
    assert_eq!(runtime.cache_names().count(), 0);
}

#[test]
fn provided_instances_are_found_by_type() {
    #[derive(Debug, PartialEq)]
    struct Database(u8);

    let database = Arc::new(Database(7));
    let builder = Runtime::builder().provide(Arc::clone(&database)).provide(Arc::new("text".to_owned()));
    let runtime = builder.build().unwrap();
    assert!(Arc::ptr_eq(&runtime.provided::<Database>().unwrap(), &database));
    assert_eq!(runtime.clone().provided::<String>().as_deref().map(String::as_str), Some("text"));
    assert!(runtime.provided::<u8>().is_none());
}

#[test]
fn each_problem_of_a_runtime_is_named() {
    let named = || Runtime::builder().named("sessions", cache("one"));
    let kind = ErrorKind::Configuration;
    assert_says(named().named("sessions", cache("two")).build(), kind, &["two caches are named `sessions`"]);
    assert_says(named().named("", cache("two")).build(), kind, &["empty name"]);
    let twice = named().provide(Arc::new(1_u8)).provide(Arc::new(2_u8)).build();
    assert_says(twice, kind, &["two instances of `u8`"]);
    let absent = named().expect_package("some-crate").build();
    assert_says(absent, kind, &["`some-crate`", "use some_crate as _;"]);
    assert!(named().expect_package("hydracache-it").build().is_ok(), "a function of that package is here");
}

#[test]
fn all_problems_of_a_runtime_are_listed_at_once() {
    let builder = Runtime::builder()
        .named("sessions", cache("one"))
        .named("sessions", cache("two"))
        .named("", cache("three"))
        .provide(Arc::new(1_u8))
        .provide(Arc::new(2_u8))
        .expect_package("one-crate")
        .expect_package("another-crate");
    let pieces = ["5 problems", "`sessions`", "empty name", "`u8`", "`one-crate`", "`another-crate`"];
    assert_says(builder.build(), ErrorKind::Configuration, &pieces);
}
