//! The registry: every annotated function of the program, whether it was called or not.

use hydracache_runtime::{CacheChoice, HydraCache, Runtime};

use crate::functions::{NEVER_CALLED, ODD, USERS, USERS_1};

fn runtime() -> Runtime {
    Runtime::builder().cache(HydraCache::local().build()).build().unwrap()
}

#[test]
fn a_function_that_was_never_called_is_listed_with_all_its_facts() {
    let registry = runtime().registry();
    let function = registry.function("it.never_called").expect("it is registered");
    assert!(std::ptr::eq(function, &raw const NEVER_CALLED));
    assert_eq!((function.name(), function.version()), ("it.never_called", 0));
    assert_eq!(function.cache(), CacheChoice::Default);
    assert_eq!((function.key_template(), function.arguments()), ("{id}", &["id"][..]));
    assert_eq!(function.tag_templates(), ["users", "user:{id}"]);
    assert_eq!((function.ttl(), function.value_type()), (Some("5m"), Some("u32")));
    assert!(function.is_async() && !function.is_memory_only() && !function.has_weight());
    assert_eq!(function.package(), "hydracache-it");
    assert!(function.module().ends_with("functions") && function.file().ends_with("functions.rs"));
    assert!(function.line() > 0);
}

#[test]
fn functions_are_listed_once_and_sorted_by_name_and_version() {
    let registry = runtime().registry();
    let listed: Vec<_> = registry.functions().map(|function| (function.name(), function.version())).collect();
    let mut expected = vec![
        (NEVER_CALLED.name(), 0),
        (ODD.name(), 0),
        (USERS.name(), USERS.version()),
        (USERS_1.name(), USERS_1.version()),
    ];
    expected.sort_unstable();
    assert_eq!(listed, expected);
    assert_eq!(registry.functions().len(), 4);
}

#[test]
fn a_name_finds_its_first_version_and_an_unknown_name_nothing() {
    let registry = runtime().registry();
    assert_eq!(registry.function("it.users").unwrap().version(), 0);
    assert!(registry.function("it.unknown").is_none());
    assert!(registry.function("").is_none());
}

#[test]
fn the_namespace_of_a_function_is_its_name_and_version() {
    assert_eq!(USERS.namespace(), "it.users@0");
    assert_eq!(USERS_1.namespace(), "it.users@1");
    assert_eq!(ODD.namespace(), "it:odd%@0");
}

#[test]
fn a_function_shows_itself_with_name_and_place() {
    let shown = USERS.to_string();
    assert!(shown.contains("`it.users`") && shown.contains("functions.rs:"), "{shown}");
}
