//! Annotated functions that cannot work, in a program of their own: every runtime of it would list them.

#![allow(clippy::unwrap_used, reason = "clippy knows the functions with `#[test]`, not what they share")]

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hydracache::{ErrorKind, HydraCache, Runtime, RuntimeBuilder, cached, cached_impl};

mod twice {
    hydracache::cached_defaults! { ttl = "1m" }
    hydracache::cached_defaults! { ttl = "2m" }
}

mod nowhere {
    hydracache::cached_defaults! { cache = "nowhere" }

    #[hydracache::cached(name = "of.the.module")]
    pub(crate) fn of_the_module(id: u64) -> u64 {
        id
    }

    #[hydracache::cached(name = "of.its.own", cache = "elsewhere")]
    pub(crate) fn of_its_own(id: u64) -> u64 {
        id
    }
}

static ASKED: AtomicUsize = AtomicUsize::new(0);

#[cached(name = "many", bulk = ids, cache = "elsewhere")]
fn many(ids: &[u64]) -> HashMap<u64, u64> {
    ASKED.fetch_add(ids.len(), Ordering::SeqCst);
    ids.iter().map(|id| (*id, *id)).collect()
}

struct Database;
struct Shop;

#[cached(name = "find", skip(database), loader)]
fn find(database: &Database, id: u64) -> u64 {
    let _ = database;
    id
}

#[cached_impl(name = "shop")]
impl Shop {
    #[cached(key = "{id}", loader)]
    fn price(&self, database: Arc<Database>, id: u64) -> u64 {
        let _ = database;
        id
    }
}

fn lines(error: &hydracache::Error) -> Vec<String> {
    assert_eq!(error.kind(), ErrorKind::Configuration);
    error.to_string().lines().skip(1).map(str::to_owned).collect()
}

/// The one line that contains all pieces.
#[track_caller]
fn line_with<'a>(lines: &'a [String], pieces: &[&str]) -> &'a str {
    let found: Vec<&String> =
        lines.iter().filter(|line| pieces.iter().all(|piece| line.contains(piece))).collect();
    assert_eq!(found.len(), 1, "{pieces:?} in {lines:#?}");
    found[0]
}

fn builder() -> RuntimeBuilder {
    Runtime::builder()
}

#[test]
fn a_module_with_defaults_twice_is_named_with_both_places() {
    let lines = lines(&builder().build().unwrap_err());
    let line = line_with(&lines, &["misconfigured::twice"]);
    let places = line.matches("misconfigured.rs:").count();
    assert_eq!(places, 2, "{line}");
    assert!(line.contains("cached_defaults!"), "{line}");
}

#[test]
fn an_unknown_cache_of_a_module_is_named_for_each_function_that_uses_it() {
    let lines = lines(&builder().named("sessions", HydraCache::local().build()).build().unwrap_err());
    line_with(&lines, &["`of.the.module`", "`nowhere`", "sessions", ".named(\"nowhere\", cache)"]);
    line_with(&lines, &["`of.its.own`", "`elsewhere`"]);
    let cured = builder().named("nowhere", HydraCache::local().build()).build().unwrap_err();
    assert!(!cured.to_string().contains("of.the.module"), "{cured}");
}

#[test]
fn installing_names_every_instance_that_is_missing() {
    let built = builder().build().unwrap_err();
    assert!(!built.to_string().contains(".provide("), "a test may do without: {built}");
    let lines = lines(&builder().install().unwrap_err());
    line_with(&lines, &["`find`", "Database", ".provide(Arc::new(..))"]);
    line_with(&lines, &["`shop.price`", "Database"]);
    line_with(&lines, &["`shop.price`", "Shop`"]);
    let provided = builder().provide(Arc::new(Database)).install().unwrap_err();
    assert!(!provided.to_string().contains("Database"), "{provided}");
    assert!(provided.to_string().contains("Shop`"), "{provided}");
}

/// Nothing was installed, so functions run in the implicit runtime, which does not have the caches.
#[test]
fn a_function_of_many_keys_works_without_its_cache() {
    for _ in 0..2 {
        assert_eq!(many(&[1, 2, 1]), HashMap::from([(1, 1), (2, 2)]));
    }
    assert_eq!(ASKED.load(Ordering::SeqCst), 4, "each key is asked for once a call");
    assert_eq!((many::stats().bypassed, many::peek(&1)), (4, None));
    assert_eq!((nowhere::of_the_module(1), nowhere::of_its_own(2)), (1, 2));
}
