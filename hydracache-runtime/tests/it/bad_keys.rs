//! Keys and tags over their limits: refused by every method, with nothing stored and nothing lost.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use hydracache_runtime::{
    CacheOptions, CacheResult, ErrorKind, Eviction, HydraCache, MAX_KEY_BYTES, MAX_TAG_BYTES, MAX_TAGS,
};

use crate::support::{assert_says, cache, plain};

over_both_stores! {
    the_longest_key_works_in_every_method,
    a_longer_key_is_refused_by_every_method,
    the_namespace_of_a_view_counts_towards_its_keys,
    bytes_count_and_not_characters,
    the_longest_tag_works,
    a_longer_tag_is_refused_by_every_method,
    as_many_tags_as_allowed_work,
    more_tags_are_refused_by_every_method,
    an_error_about_options_names_the_key,
}

/// A key of `len` bytes.
fn long(len: usize) -> String {
    format!("user:{}", "x".repeat(len - 5))
}

/// Uses `key` in every method that takes one; the results, by name of the method.
async fn in_every_method(
    cache: &HydraCache,
    key: &str,
    options: &CacheOptions,
) -> Vec<(&'static str, CacheResult<()>)> {
    let bytes = {
        let source = HydraCache::local().build();
        source.put("k", 1_u8, plain()).await.unwrap();
        source.get_encoded("k").await.unwrap().unwrap()
    };
    let load = || async { Ok::<_, io::Error>(1_u8) };
    let mut results = in_every_write(cache, key, options).await;
    results.extend([
        ("get", cache.get::<u8>(key).await.map(drop)),
        ("get_arc", cache.get_arc::<u8>(key).await.map(drop)),
        ("peek", cache.peek::<u8>(key).map(drop)),
        ("fetch", cache.fetch::<u8>(key).await.map(drop)),
        ("get_encoded", cache.get_encoded(key).await.map(drop)),
        ("get_or_load", cache.get_or_load(key, plain(), load).await.map(drop)),
        ("fill_token", cache.fill_token(key).map(drop)),
        ("put_encoded", cache.put_encoded(key, bytes, plain()).await),
        ("expire_key", cache.expire_key(key).await.map(drop)),
        ("remove", cache.remove(key).await.map(drop)),
        ("invalidate_key", cache.invalidate_key(key).await.map(drop)),
    ]);
    results
}

/// Uses `key` and `options` in every method that stores, by name of the method.
async fn in_every_write(
    cache: &HydraCache,
    key: &str,
    options: &CacheOptions,
) -> Vec<(&'static str, CacheResult<()>)> {
    let load = || async { Ok::<_, io::Error>(1_u8) };
    let options = || options.clone();
    vec![
        ("put", cache.put(key, 1_u8, options()).await),
        ("remove before get_or_load", cache.remove(key).await.map(drop)),
        ("get_or_load", cache.get_or_load(key, options(), load).await.map(drop)),
        ("remove before try_get_or_insert_with", cache.remove(key).await.map(drop)),
        ("try_get_or_insert_with", cache.try_get_or_insert_with(key, options(), load).await.map(drop)),
        ("remove before get_or_insert_with", cache.remove(key).await.map(drop)),
        ("get_or_insert_with", cache.get_or_insert_with(key, options(), || async { 1_u8 }).await.map(drop)),
    ]
}

async fn the_longest_key_works_in_every_method(eviction: Eviction) {
    assert_eq!(MAX_KEY_BYTES, 1024);
    let cache = cache(eviction);
    let key = long(1024);
    for (method, result) in in_every_method(&cache, &key, &plain()).await {
        assert!(result.is_ok(), "`{method}` refused it: {result:?}");
    }
    cache.put(&key, 5_u8, plain()).await.unwrap();
    assert_eq!(cache.get::<u8>(&key).await.unwrap(), Some(5));
}

async fn a_longer_key_is_refused_by_every_method(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put(long(1024), 7_u8, plain()).await.unwrap();
    let key = long(1025);
    for (method, result) in in_every_method(&cache, &key, &plain()).await {
        assert!(result.is_err(), "`{method}` took it");
        assert_says(result, ErrorKind::KeyTooLong, &["1025", "1024", "user:xxx"]);
    }
    assert!(!cache.contains_key(&key).await);
    assert_eq!(cache.get::<u8>(long(1024)).await.unwrap(), Some(7));
    let diagnostics = cache.diagnostics().await;
    assert_eq!((diagnostics.estimated_entries, diagnostics.stats.loads), (1, 0), "no loader ran");
}

async fn the_namespace_of_a_view_counts_towards_its_keys(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("users");
    let (fits, over) = ("x".repeat(1024 - 6), "x".repeat(1024 - 5));
    view.put(&fits, 1, plain()).await.unwrap();
    assert_eq!(view.get(&fits).await.unwrap(), Some(1));
    let load = || async { Ok::<_, io::Error>(1_u8) };
    let results = [
        view.put(&over, 1, plain()).await,
        view.get(&over).await.map(drop),
        view.get_arc(&over).await.map(drop),
        view.peek(&over).map(drop),
        view.fetch(&over).await.map(drop),
        view.get_or_load(&over, plain(), load).await.map(drop),
        view.remove(&over).await.map(drop),
        view.expire_key(&over).await.map(drop),
    ];
    for result in results {
        assert_says(result, ErrorKind::KeyTooLong, &["1025", "users:xxx"]);
    }
    assert!(!view.contains_key(&over).await);
    assert_eq!(view.get(&fits).await.unwrap(), Some(1));
}

async fn bytes_count_and_not_characters(eviction: Eviction) {
    let cache = cache(eviction);
    let crabs = "\u{1F980}".repeat(256);
    cache.put(&crabs, 1_u8, plain()).await.unwrap();
    let refused = cache.put(format!("{crabs}x"), 2_u8, plain()).await;
    assert_says(refused, ErrorKind::KeyTooLong, &["1025", "\u{1F980}"]);
    assert_eq!(cache.get::<u8>(&crabs).await.unwrap(), Some(1));
}

async fn the_longest_tag_works(eviction: Eviction) {
    assert_eq!(MAX_TAG_BYTES, 256);
    let cache = cache(eviction);
    let tag = "t".repeat(256);
    for (method, result) in in_every_write(&cache, "k", &plain().tag(&tag)).await {
        assert!(result.is_ok(), "`{method}` refused it: {result:?}");
    }
    assert!(cache.contains_key("k").await);
    cache.invalidate_tag(&tag).await.unwrap();
    assert!(!cache.contains_key("k").await);
}

/// Asserts that `options` are refused by every method that stores, before a loader runs, and that nothing is lost.
async fn assert_refused(eviction: Eviction, options: CacheOptions, kind: ErrorKind, pieces: &[&str]) {
    let cache = cache(eviction);
    cache.put("there", 7_u8, plain()).await.unwrap();
    assert_says(cache.put("there", 8_u8, options.clone()).await, kind, pieces);
    let token = cache.fill_token("there").unwrap();
    assert_says(cache.fill(&token, 8_u8, options.clone()), kind, pieces);
    let bytes = cache.get_encoded("there").await.unwrap().unwrap();
    assert_says(cache.put_encoded("there", bytes.clone(), options.clone()).await, kind, pieces);
    assert_says(cache.fill_encoded(&token, bytes, options.clone()), kind, pieces);
    let ran = std::sync::Arc::new(AtomicBool::new(false));
    let running = std::sync::Arc::clone(&ran);
    let load = || async move { running.store(true, Ordering::SeqCst) };
    assert_says(cache.get_or_insert_with("k", options.clone(), load).await, kind, pieces);
    assert!(!ran.load(Ordering::SeqCst), "the loader ran although its value could not be stored");
    let view = cache.typed::<u8>("v");
    assert_says(view.put("k", 8, options.clone()).await, kind, pieces);
    assert_says(view.get_or_insert_with("k", options, || async { 8 }).await, kind, pieces);
    assert_eq!(cache.get::<u8>("there").await.unwrap(), Some(7), "what was cached is still there");
    assert_eq!(cache.diagnostics().await.estimated_entries, 1, "nothing else was stored");
}

async fn a_longer_tag_is_refused_by_every_method(eviction: Eviction) {
    let options = plain().tag("fine").tag("t".repeat(257));
    assert_refused(eviction, options, ErrorKind::TagTooLong, &["257", "256", "tttt"]).await;
}

fn many_tags(count: usize) -> CacheOptions {
    plain().tags((0..count).map(|n| format!("tag:{n}")))
}

async fn as_many_tags_as_allowed_work(eviction: Eviction) {
    assert_eq!(MAX_TAGS, 64);
    let cache = cache(eviction);
    for (method, result) in in_every_write(&cache, "k", &many_tags(64)).await {
        assert!(result.is_ok(), "`{method}` refused them: {result:?}");
    }
    cache.invalidate_tag("tag:63").await.unwrap();
    assert!(!cache.contains_key("k").await);
}

async fn more_tags_are_refused_by_every_method(eviction: Eviction) {
    assert_refused(eviction, many_tags(65), ErrorKind::TooManyTags, &["65", "64"]).await;
}

/// Whoever reads the error far from the call must learn which of many entries it was about.
async fn an_error_about_options_names_the_key(eviction: Eviction) {
    let cache = cache(eviction);
    let wrong = [
        (plain().tag("t".repeat(257)), ErrorKind::TagTooLong),
        (many_tags(65), ErrorKind::TooManyTags),
        (plain().ttl(std::time::Duration::ZERO), ErrorKind::InvalidTtl),
    ];
    for (options, kind) in wrong {
        assert_says(cache.put("user:42", 1_u8, options.clone()).await, kind, &["user:42"]);
        let loaded = cache.get_or_insert_with("user:43", options, || async { 1_u8 }).await;
        assert_says(loaded, kind, &["user:43"]);
    }
}
