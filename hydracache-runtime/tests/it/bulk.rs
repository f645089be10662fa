//! Many keys at once: what is there is returned, and one call of the loader brings the rest.

use std::collections::HashMap;
use std::error::Error as _;
use std::io;
use std::sync::Mutex;

use hydracache_runtime::{CacheKey, CacheKeyBuilder, CacheResult, ErrorKind, Eviction, HydraCache};

use crate::scene::{NANO, just_before};
use crate::stats::assert_counted;
use crate::support::{assert_says, cache, plain, seconds, tagged, timed};

over_both_stores! {
    a_bulk_read_returns_what_is_there,
    a_bulk_read_of_another_type_is_an_error,
    only_what_is_missing_is_asked_for,
    the_loader_is_not_called_when_nothing_is_missing,
    a_thousand_keys_of_which_nine_hundred_are_cached_load_a_hundred_at_once,
    repeated_keys_are_one,
    a_key_that_comes_back_without_a_value_is_absent,
    what_comes_back_beside_what_was_asked_for_is_stored,
    a_value_that_comes_back_twice_is_the_last,
    what_is_loaded_has_the_options_of_the_call,
    a_failure_stores_nothing_and_is_the_loaders_own,
    what_is_cached_is_not_lost_when_the_rest_fails,
    a_view_loads_within_its_namespace,
    a_view_of_memory_only_values_loads_them,
    built_keys_are_keys_of_a_bulk_call,
    a_value_of_another_type_is_loaded_anew,
    impossible_calls_do_not_run_the_loader,
}

/// Loads `keys` with the value `value`, and says what the loader was asked for, call by call.
async fn load(
    cache: &HydraCache,
    keys: &[&'static str],
    value: u32,
) -> (HashMap<&'static str, u32>, Vec<Vec<&'static str>>) {
    let asked = Mutex::new(Vec::new());
    let loader = |missing: Vec<&'static str>| {
        asked.lock().unwrap().push(missing.clone());
        async move { Ok::<_, io::Error>(missing.into_iter().map(|key| (key, value)).collect::<Vec<_>>()) }
    };
    let found = cache.get_many_or_load(keys.iter().copied(), plain(), loader).await.unwrap();
    (found, asked.into_inner().unwrap())
}

async fn a_bulk_read_returns_what_is_there(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("a", 1_u32, plain()).await.unwrap();
    cache.put("c", 3_u32, plain()).await.unwrap();
    let found: HashMap<&str, u32> = cache.get_many(["a", "b", "c", "a"]).await.unwrap();
    assert_eq!(found, HashMap::from([("a", 1), ("c", 3)]));
    assert!(cache.get_many::<String, u32>([]).await.unwrap().is_empty());
    assert_counted(&cache, |stats| {
        stats.puts = 2;
        stats.hits = 2;
        stats.misses = 1;
    });
}

async fn a_bulk_read_of_another_type_is_an_error(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("a", "text".to_owned(), plain()).await.unwrap();
    cache.put("b", 1_u32, plain()).await.unwrap();
    let found = cache.get_many::<_, u32>(["b", "a"]).await;
    assert_says(found, ErrorKind::TypeMismatch, &["`a`"]);
}

async fn only_what_is_missing_is_asked_for(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("b", 7_u32, plain()).await.unwrap();
    let (found, asked) = load(&cache, &["a", "b", "c"], 1).await;
    assert_eq!(found, HashMap::from([("a", 1), ("b", 7), ("c", 1)]));
    assert_eq!(asked, [["a", "c"]]);
    assert_eq!(cache.get::<u32>("c").await.unwrap(), Some(1));
    assert_counted(&cache, |stats| {
        stats.puts = 1;
        stats.hits = 2;
        stats.misses = 2;
        stats.loads = 2;
    });
}

async fn the_loader_is_not_called_when_nothing_is_missing(eviction: Eviction) {
    let cache = cache(eviction);
    load(&cache, &["a", "b"], 1).await;
    let (found, asked) = load(&cache, &["b", "a"], 2).await;
    assert_eq!((found["a"], found["b"], asked.len()), (1, 1, 0));
    let (found, asked) = load(&cache, &[], 2).await;
    assert!(found.is_empty() && asked.is_empty());
}

async fn a_thousand_keys_of_which_nine_hundred_are_cached_load_a_hundred_at_once(eviction: Eviction) {
    let cache = cache(eviction);
    let key = |n: u32| format!("user:{n}");
    for n in (0..1_000).filter(|n| n % 10 != 3) {
        cache.put(key(n), n, plain()).await.unwrap();
    }
    let calls = Mutex::new(Vec::new());
    let loader = |missing: Vec<String>| {
        calls.lock().unwrap().push(missing.clone());
        let row = |key: String| {
            let n: u32 = key["user:".len()..].parse().unwrap();
            (key, n)
        };
        async move { Ok::<_, io::Error>(missing.into_iter().map(row).collect::<Vec<_>>()) }
    };
    let found = cache.get_many_or_load((0..1_000).map(key), plain(), loader).await.unwrap();
    assert_eq!(found.len(), 1_000);
    assert!((0..1_000).all(|n| found[&key(n)] == n));
    let calls = calls.into_inner().unwrap();
    assert_eq!(calls.len(), 1, "one call of the loader");
    assert_eq!(calls[0], (0..100).map(|n| key(10 * n + 3)).collect::<Vec<_>>());
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.misses, stats.loads), (900, 100, 100));
}

async fn repeated_keys_are_one(eviction: Eviction) {
    let cache = cache(eviction);
    let (found, asked) = load(&cache, &["a", "b", "a", "b", "a"], 1).await;
    assert_eq!((found.len(), asked), (2, vec![vec!["a", "b"]]));
    assert_eq!(cache.stats().requests(), 2);
}

async fn a_key_that_comes_back_without_a_value_is_absent(eviction: Eviction) {
    let cache = cache(eviction);
    for _ in 0..2 {
        let loader = async |missing: Vec<&'static str>| {
            assert!(missing.contains(&"gone"), "nothing is remembered of it");
            Ok::<_, io::Error>(vec![("there", 1_u32)])
        };
        let found = cache.get_many_or_load(["there", "gone"], plain(), loader).await.unwrap();
        assert_eq!(found, HashMap::from([("there", 1)]));
        assert!(!cache.contains_key("gone").await);
    }
    assert_eq!((cache.stats().load_failures, cache.stats().loads), (0, 3));
}

async fn what_comes_back_beside_what_was_asked_for_is_stored(eviction: Eviction) {
    let cache = cache(eviction);
    let loader = async |_| Ok::<_, io::Error>([("a", 1_u32), ("extra", 2)]);
    let found = cache.get_many_or_load(["a"], tagged("t"), loader).await.unwrap();
    assert_eq!(found, HashMap::from([("a", 1)]), "nobody asked for it");
    assert_eq!(cache.get::<u32>("extra").await.unwrap(), Some(2));
    cache.invalidate_tag("t").await.unwrap();
    assert!(!cache.contains_key("extra").await, "it has the options of the call");
}

async fn a_value_that_comes_back_twice_is_the_last(eviction: Eviction) {
    let cache = cache(eviction);
    let loader = async |_| Ok::<_, io::Error>([("a", 1_u32), ("x", 1), ("a", 2), ("x", 2)]);
    assert_eq!(cache.get_many_or_load(["a"], plain(), loader).await.unwrap()["a"], 2);
    assert_eq!(cache.peek::<u32>("a").unwrap(), Some(2));
    assert_eq!(cache.peek::<u32>("x").unwrap(), Some(2));
}

async fn what_is_loaded_has_the_options_of_the_call(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    let loading = clock.clone();
    let loader = |_| {
        let loading = loading.clone();
        async move {
            loading.advance(seconds(4));
            Ok::<_, io::Error>([("a", 1_u32), ("b", 2), ("extra", 3)])
        }
    };
    cache.get_many_or_load(["a", "b"], tagged("t").ttl(seconds(10)), loader).await.unwrap();
    clock.advance(just_before(seconds(6)));
    for key in ["a", "b", "extra"] {
        assert!(cache.contains_key(key).await, "`{key}`");
    }
    clock.advance(NANO);
    for key in ["a", "b", "extra"] {
        assert!(
            !cache.contains_key(key).await,
            "`{key}` was read from its source four seconds before it was stored"
        );
    }
}

async fn a_failure_stores_nothing_and_is_the_loaders_own(eviction: Eviction) {
    let cache = cache(eviction);
    let failing = async |_| Err::<Vec<(&str, u32)>, _>(io::Error::new(io::ErrorKind::TimedOut, "down"));
    let error = cache.get_many_or_load(["a", "b", "c"], plain(), failing).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Load);
    assert_eq!(error.downcast_ref::<io::Error>().unwrap().kind(), io::ErrorKind::TimedOut);
    assert!(error.source().unwrap().downcast_ref::<io::Error>().is_some());
    assert!(error.to_string().contains("`a` and 2 other"), "{error}");
    let one = cache.get_many_or_load(["b"], plain(), failing).await;
    assert_says(one, ErrorKind::Load, &["loading `b` failed"]);
    assert!(!cache.contains_key("a").await && !cache.contains_key("b").await);
    let (found, asked) = load(&cache, &["a", "b"], 5).await;
    assert_eq!((found.len(), asked.len()), (2, 1), "the keys are free again");
}

async fn what_is_cached_is_not_lost_when_the_rest_fails(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("a", 1_u32, plain()).await.unwrap();
    let failing = async |_| Err::<Vec<(&str, u32)>, _>(io::Error::other("down"));
    cache.get_many_or_load(["a", "b"], plain(), failing).await.unwrap_err();
    assert_eq!(cache.get::<u32>("a").await.unwrap(), Some(1));
}

async fn a_view_loads_within_its_namespace(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u32>("v");
    cache.put("a", 100_u32, plain()).await.unwrap();
    let loader = async |missing: Vec<&'static str>| {
        assert_eq!(missing, ["a", "b"], "the keys come as they were given");
        Ok::<_, io::Error>([("a", 1), ("b", 2), ("extra", 3)])
    };
    let found = view.get_many_or_load(["a", "b"], plain(), loader).await.unwrap();
    assert_eq!(found, HashMap::from([("a", 1), ("b", 2)]));
    assert_eq!(view.get_many(["a", "b", "extra", "absent"]).await.unwrap().len(), 3);
    assert_eq!(cache.get::<u32>("v:extra").await.unwrap(), Some(3));
    assert_eq!(cache.get::<u32>("a").await.unwrap(), Some(100));
    view.clear().await.unwrap();
    assert!(view.get_many(["a", "b", "extra"]).await.unwrap().is_empty());
}

async fn a_view_of_memory_only_values_loads_them(eviction: Eviction) {
    #[derive(Debug, Clone, PartialEq)]
    struct Handle(u32);
    let cache = cache(eviction);
    let view = cache.typed_memory_only::<Handle>("handles");
    let loader = async |_| Ok::<_, io::Error>([("a", Handle(1))]);
    assert_eq!(view.get_many_or_load(["a"], plain(), loader).await.unwrap()["a"], Handle(1));
    assert_eq!(view.get_many(["a"]).await.unwrap()["a"], Handle(1));
}

async fn built_keys_are_keys_of_a_bulk_call(eviction: Eviction) {
    let cache = cache(eviction);
    let keys: Vec<CacheKey> = (0..3).map(|n| CacheKeyBuilder::new().entity("user", n).build()).collect();
    let loader = async |missing: Vec<CacheKey>| {
        Ok::<_, io::Error>(missing.into_iter().map(|key| (key, 1_u32)).collect::<Vec<_>>())
    };
    let found = cache.get_many_or_load(keys.clone(), plain(), loader).await.unwrap();
    assert!(keys.iter().all(|key| found[key] == 1));
    assert_eq!(cache.get::<u32>(keys[2].as_str()).await.unwrap(), Some(1));
}

async fn a_value_of_another_type_is_loaded_anew(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("a", "text".to_owned(), plain()).await.unwrap();
    let (found, asked) = load(&cache, &["a"], 1).await;
    assert_eq!((found["a"], asked.len()), (1, 1));
    assert_eq!(cache.get::<u32>("a").await.unwrap(), Some(1));
}

async fn impossible_calls_do_not_run_the_loader(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("a", 1_u32, plain()).await.unwrap();
    let never = async |_| panic!("the loader is not run") as io::Result<Vec<(String, u32)>>;
    let keys = |last: &str| ["b".to_owned(), last.to_owned()];
    let long: CacheResult<_> = cache.get_many_or_load(keys(&"k".repeat(2_000)), plain(), never).await;
    assert_says(long, ErrorKind::KeyTooLong, &[]);
    let zero = cache.get_many_or_load(keys("c"), plain().ttl(seconds(0)), never).await;
    assert_says(zero, ErrorKind::InvalidTtl, &["no_ttl"]);
    assert!(!cache.contains_key("b").await && cache.contains_key("a").await);
    let (found, _) = load(&cache, &["b"], 3).await;
    assert_eq!(found["b"], 3, "a refused call leaves no load behind");
}
