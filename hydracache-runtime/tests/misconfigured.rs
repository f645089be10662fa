//! Annotated functions that cannot work, in a program of their own: every runtime of it would list them.

#![allow(clippy::unwrap_used, reason = "clippy knows the functions with `#[test]`, not what they share")]

use hydracache_runtime::macro_support::{
    Access, Facts, Lookup, PLAIN, Request, Settings, StaysInPlace, Submitted, ValueOnly, clear, inventory,
    lookup, probe, put, stats,
};
use hydracache_runtime::macro_support::{ErrorProbe, ShareNothing};
use hydracache_runtime::{CacheChoice, CacheOptions, CallSite, ErrorKind, HydraCache, Runtime};

const FINE: Facts = Facts {
    name: "fine",
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
    package: "misconfigured",
    module: module_path!(),
    file: "src/fine.rs",
    line: 1,
};

static NO_CACHE: CallSite = CallSite::new(Facts {
    name: "no.cache",
    cache: CacheChoice::Named("sessions"),
    file: "src/a.rs",
    ..FINE
});
static TWIN: CallSite = CallSite::new(Facts { name: "twin", file: "src/b.rs", line: 10, ..FINE });
static OTHER_TWIN: CallSite = CallSite::new(Facts { name: "twin", file: "src/c.rs", line: 20, ..FINE });
static NEXT_VERSION: CallSite = CallSite::new(Facts { name: "twin", version: 1, file: "src/d.rs", ..FINE });
static NAMELESS: CallSite = CallSite::new(Facts { name: "", file: "src/e.rs", line: 30, ..FINE });
static UNMEASURED: CallSite =
    CallSite::new(Facts { name: "unmeasured", memory_only: true, file: "src/f.rs", ..FINE });
static MEASURED: CallSite =
    CallSite::new(Facts { name: "measured", memory_only: true, has_weight: true, file: "src/g.rs", ..FINE });

inventory::submit! { Submitted(&NO_CACHE) }
inventory::submit! { Submitted(&TWIN) }
inventory::submit! { Submitted(&OTHER_TWIN) }
inventory::submit! { Submitted(&NEXT_VERSION) }
inventory::submit! { Submitted(&NAMELESS) }
inventory::submit! { Submitted(&UNMEASURED) }
inventory::submit! { Submitted(&MEASURED) }

/// The problems of a runtime whose default cache is `cache`, a line each.
fn problems(cache: HydraCache, named: &[&str]) -> Vec<String> {
    let mut builder = Runtime::builder().cache(cache);
    for name in named {
        builder = builder.named(*name, HydraCache::local().build());
    }
    let error = builder.build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let text = error.to_string();
    let lines: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
    assert!(text.starts_with("the runtime has"), "{text}");
    assert!(lines.iter().all(|line| line.starts_with("  - ")), "{text}");
    lines
}

/// The one line that contains `piece`.
#[track_caller]
fn line_with<'a>(lines: &'a [String], piece: &str) -> &'a str {
    let found: Vec<&String> = lines.iter().filter(|line| line.contains(piece)).collect();
    assert_eq!(found.len(), 1, "`{piece}` in {lines:#?}");
    found[0]
}

fn in_entries() -> HydraCache {
    HydraCache::local().build()
}

fn assert_contains(line: &str, pieces: &[&str]) {
    for piece in pieces {
        assert!(line.contains(piece), "`{piece}` is missing in: {line}");
    }
}

#[test]
fn an_unknown_cache_is_named_with_its_function_and_what_there_is() {
    let lines = problems(in_entries(), &["users", "posts"]);
    let line = line_with(&lines, "`no.cache`");
    assert_contains(line, &["src/a.rs:1", "`sessions`", "users", "posts", ".named(\"sessions\", cache)"]);
    let lines = problems(in_entries(), &[]);
    assert_contains(line_with(&lines, "`no.cache`"), &["`sessions`", "no named caches"]);
}

#[test]
fn a_named_cache_cures_a_function_that_asks_for_it() {
    let (without, with) = (problems(in_entries(), &[]), problems(in_entries(), &["sessions"]));
    assert_eq!(without.len(), with.len() + 1);
    assert!(!with.iter().any(|line| line.contains("no.cache")), "{with:#?}");
}

#[test]
fn two_functions_of_one_name_are_named_with_their_places() {
    let lines = problems(in_entries(), &["sessions"]);
    assert_contains(line_with(&lines, "`twin`"), &["src/b.rs:10", "src/c.rs:20", "name"]);
    assert!(!lines.iter().any(|line| line.contains("src/d.rs")), "another version is another function");
}

#[test]
fn a_function_without_a_name_is_named_by_its_place() {
    assert_contains(line_with(&problems(in_entries(), &["sessions"]), "empty `name`"), &["src/e.rs:30"]);
}

#[test]
fn a_memory_only_function_without_weight_cannot_use_a_cache_bounded_in_bytes() {
    let in_bytes = || HydraCache::local().name("large").max_bytes(1_000_000).build();
    let lines = problems(in_bytes(), &["sessions"]);
    assert_contains(line_with(&lines, "`unmeasured`"), &["src/f.rs:1", "memory_only", "`large`", "`weight`"]);
    assert!(!lines.iter().any(|line| line.contains("`measured`")), "{lines:#?}");
    assert!(!problems(in_entries(), &["sessions"]).iter().any(|line| line.contains("unmeasured")));
}

#[test]
fn all_problems_are_listed_at_once() {
    let in_bytes = HydraCache::local().max_bytes(1_000_000).build();
    assert_eq!(problems(in_bytes, &[]).len(), 4);
}

/// Nothing was installed, so functions run in the implicit runtime, in which one of them has no cache.
#[test]
fn a_function_without_its_cache_runs_its_body_each_time() {
    assert!(Runtime::builder().cache(in_entries()).install().is_err());
    let look = || {
        lookup::<u64, ValueOnly>(&NO_CACHE, Access::encodable(), None, |key, site| {
            key.push_raw(site.prefix());
            key.push_segment(&7);
        })
    };
    for value in [1_u64, 2] {
        let Lookup::Miss(miss) = look() else { panic!("there is no cache that could hit") };
        let request = Request {
            site: &NO_CACHE,
            access: Access::encodable(),
            settings: Settings { options: CacheOptions::new(), finish: None },
            sharing: ErrorProbe::new().sharing(None),
            anew: false,
        };
        let body = move || std::future::ready(value);
        let load = probe(&body).mode().load::<PLAIN, u64, _, _>(miss, request, body);
        let loaded = futures_util::FutureExt::now_or_never(load).unwrap().unwrap().into_cached();
        assert_eq!((loaded.value, loaded.source), (value, hydracache_runtime::Source::Uncached));
    }
    let stored = put(
        &NO_CACHE,
        Access::encodable(),
        None,
        |key, site| {
            key.push_raw(site.prefix());
            key.push_segment(&7);
        },
        Settings { options: CacheOptions::new(), finish: None },
        1_u64,
    );
    for refused in [stored.local(), clear(&NO_CACHE, None).local()] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert_contains(&error.to_string(), &["`no.cache`", "sessions"]);
    }
    let bypassed = stats(&NO_CACHE).bypassed;
    assert_eq!(bypassed, 2, "the calls were bypasses, and what a handle was refused was none");
}
