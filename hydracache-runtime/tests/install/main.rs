//! Installing a runtime for the process. Each test runs alone in a process of its own, because a process has one.

#![allow(clippy::unwrap_used, reason = "clippy knows the functions with `#[test]`, not what they share")]

use std::env;
use std::process::Command;

use hydracache_runtime::macro_support::{Access, Facts, Lookup, Submitted, ValueOnly, inventory, lookup};
use hydracache_runtime::{CacheChoice, CallSite, Error, ErrorKind, HydraCache, Runtime};

static SITE: CallSite = CallSite::new(Facts {
    name: "install.function",
    version: 0,
    cache: CacheChoice::Default,
    key: "{id}",
    tags: &[],
    ttl: None,
    arguments: &["id"],
    value_type: None,
    is_async: true,
    memory_only: false,
    has_weight: false,
    refresh: hydracache_runtime::RefreshOptions::new(),
    settings: &[],
    package: "install",
    module: module_path!(),
    file: file!(),
    line: line!(),
});

inventory::submit! { Submitted(&SITE) }

const CHILD: &str = "HYDRACACHE_TEST_ALONE";

/// Runs `body` in a process that runs nothing else: this program again, told to run the one test.
fn alone(test: &str, body: fn()) {
    if env::var(CHILD).is_ok_and(|name| name == test) {
        return body();
    }
    let output = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, test)
        .output()
        .unwrap();
    let told =
        format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}");
    assert!(told.contains("1 passed"), "`{test}` did not run:\n{told}");
}

fn cache(name: &str) -> HydraCache {
    HydraCache::local().name(name).build()
}

#[track_caller]
fn assert_refused(result: Result<Runtime, Error>, pieces: &[&str]) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyInstalled);
    let message = error.to_string();
    for piece in pieces {
        assert!(message.contains(piece), "`{piece}` is missing in: {message}");
    }
}

/// The name of the cache that functions use now.
fn current() -> String {
    Runtime::current().default_cache().name().to_owned()
}

fn call() -> Lookup<u64> {
    lookup::<u64, ValueOnly>(&SITE, Access::encodable(), None, |key, site| {
        key.push_raw(site.prefix());
        key.push_segment(&7);
    })
}

#[test]
fn an_installed_runtime_is_the_current_one_everywhere() {
    alone("an_installed_runtime_is_the_current_one_everywhere", || {
        let builder = Runtime::builder().cache(cache("installed")).named("sessions", cache("of sessions"));
        let installed = builder.install().unwrap();
        assert_eq!(installed.default_cache().name(), "installed");
        assert_eq!(current(), "installed");
        assert_eq!(std::thread::spawn(current).join().unwrap(), "installed");
        assert_eq!(Runtime::current().cache("sessions").unwrap().name(), "of sessions");
        assert!(matches!(call(), Lookup::Miss(_)));
    });
}

#[test]
fn a_scope_hides_the_installed_runtime_until_it_ends() {
    alone("a_scope_hides_the_installed_runtime_until_it_ends", || {
        Runtime::builder().cache(cache("installed")).install().unwrap();
        let scoped = Runtime::builder().cache(cache("scoped")).build().unwrap();
        scoped.sync_scope(|| assert_eq!(current(), "scoped"));
        assert_eq!(current(), "installed");
    });
}

#[test]
fn a_second_installation_is_refused_and_names_the_first() {
    alone("a_second_installation_is_refused_and_names_the_first", || {
        let line = line!() + 1;
        Runtime::builder().cache(cache("first")).install().unwrap();
        let second = Runtime::builder().cache(cache("second")).install();
        assert_refused(second, &["installed at", &format!("{}:{line}:", file!()), "Runtime::scope"]);
        assert_eq!(current(), "first");
    });
}

#[test]
fn an_installation_after_the_implicit_default_is_refused_and_names_its_first_user() {
    alone("an_installation_after_the_implicit_default_is_refused_and_names_its_first_user", || {
        let line = line!() + 1;
        assert_eq!(Runtime::current().default_cache().name(), "default");
        Runtime::current();
        let late = Runtime::builder().cache(cache("late")).install();
        assert_refused(late, &["implicit default", &format!("{}:{line}:", file!())]);
        assert_eq!(current(), "default");
    });
}

#[test]
fn an_installation_after_a_call_is_refused_and_names_the_function() {
    alone("an_installation_after_a_call_is_refused_and_names_the_function", || {
        assert!(matches!(call(), Lookup::Miss(_)));
        let late = Runtime::builder().cache(cache("late")).install();
        assert_refused(late, &["implicit default", "`install.function`", file!()]);
    });
}

#[test]
fn a_call_in_a_scope_does_not_make_the_implicit_default() {
    alone("a_call_in_a_scope_does_not_make_the_implicit_default", || {
        let scoped = Runtime::builder().cache(cache("scoped")).build().unwrap();
        scoped.sync_scope(|| {
            assert!(matches!(call(), Lookup::Miss(_)));
            assert_eq!(current(), "scoped");
        });
        Runtime::builder().cache(cache("installed")).install().unwrap();
        assert_eq!(current(), "installed");
    });
}

#[test]
fn an_installation_that_failed_installs_nothing() {
    alone("an_installation_that_failed_installs_nothing", || {
        let builder = Runtime::builder().named("sessions", cache("one")).named("sessions", cache("two"));
        let error = builder.expect_package("absent-package").install().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let message = error.to_string();
        for piece in ["2 problems", "`sessions`", "`absent-package`"] {
            assert!(message.contains(piece), "`{piece}` is missing in: {message}");
        }
        Runtime::builder().cache(cache("installed")).install().unwrap();
        assert_eq!(current(), "installed");
    });
}
