//! What lies around the hit: capacities without end, other types, names, and numbers that outlive a runtime.

use std::sync::Arc;

use hydracache::{CacheOptions, ErrorKind, Eviction, HydraCache, Registry, Runtime, cached};

use crate::support::{isolated, isolated_sync};

#[test]
fn a_capacity_can_be_as_large_as_a_number() {
    for eviction in [Eviction::S3Fifo, Eviction::TinyLfu] {
        let entries = HydraCache::local().eviction(eviction).max_capacity(u64::MAX).build();
        let bytes = HydraCache::local().eviction(eviction).max_bytes(u64::MAX).build();
        for cache in [entries, bytes] {
            cache.put("a", 1_u8, CacheOptions::new()).local().unwrap();
            assert_eq!(cache.peek::<u8>("a").unwrap(), Some(1));
        }
    }
}

#[tokio::test]
async fn a_read_of_another_type_leaves_bytes_where_they_are() {
    let cache = HydraCache::local().build();
    cache.put("k", "text".to_owned(), CacheOptions::new()).await.unwrap();
    let bytes = cache.get_encoded("k").await.unwrap().unwrap();
    cache.put_encoded("k", bytes, CacheOptions::new()).await.unwrap();
    assert_eq!(cache.peek::<u64>("k").unwrap(), None);
    assert_eq!(cache.get::<u64>("k").await.unwrap(), None);
    assert_eq!(cache.get::<String>("k").await.unwrap().as_deref(), Some("text"));
}

#[tokio::test]
async fn bytes_that_cannot_be_made_are_no_hit() {
    let cache = HydraCache::local().build();
    let view = cache.typed_memory_only::<Arc<u8>>("m");
    view.put("k", Arc::new(1), CacheOptions::new()).await.unwrap();
    let error = view.get_encoded("k").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotEncodable);
    assert!(error.to_string().contains("m:k"), "{error}");
    assert_eq!((cache.stats().hits, cache.stats().misses), (0, 1));
}

#[tokio::test]
async fn a_view_takes_bytes_and_fills_of_its_own() {
    let view = HydraCache::local().build().typed::<u32>("numbers");
    view.put("a", 7, CacheOptions::new()).await.unwrap();
    let bytes = view.get_encoded("a").await.unwrap().unwrap();
    view.put_encoded("b", bytes.clone(), CacheOptions::new()).await.unwrap();
    assert_eq!(view.get("b").await.unwrap(), Some(7));
    let token = view.fill_token("c").unwrap();
    assert!(view.fill(&token, 8, CacheOptions::new().tag("t")).unwrap());
    let token = view.fill_token("d").unwrap();
    assert!(view.fill_encoded(&token, bytes, CacheOptions::new().tag("t")).unwrap());
    view.invalidate_tags(["t"]).await.unwrap();
    assert_eq!((view.get("c").await.unwrap(), view.get("d").await.unwrap()), (None, None));
    view.clear().await.unwrap();
    assert_eq!(view.get("b").await.unwrap(), None);
}

#[cached(name = "around::dotted")]
fn dotted(id: u64) -> u64 {
    id
}

#[tokio::test]
async fn the_namespace_of_a_function_opens_a_view_of_its_entries() {
    isolated(async {
        dotted::put(1, 5).local().unwrap();
        let view = Runtime::current().default_cache().typed::<u64>(dotted::SITE.namespace());
        assert_eq!(view.peek("1").unwrap(), Some(5));
        view.clear().fire();
        assert_eq!(dotted::peek(1), None, "clearing the view clears the function");
        assert_eq!(dotted(1), 1);
        dotted::clear().fire();
        assert_eq!(view.peek("1").unwrap(), None, "clearing the function clears the view");
    })
    .await;
}

#[cached(name = "around.chosen", cache = cache, key = "{id}")]
fn chosen(cache: &HydraCache, id: u64) -> u64 {
    id
}

#[tokio::test]
async fn a_cache_that_an_expression_chose_counts_and_clears() {
    isolated(async {
        let cache = HydraCache::local().build();
        chosen(&cache, 1);
        chosen(&cache, 1);
        assert_eq!((cache.stats().hits, cache.stats().loads), (1, 1));
        assert_eq!(chosen::stats().hits, 1);
        chosen::clear(&cache).fire();
        assert_eq!(chosen::peek(&cache, 1), None);
    })
    .await;
}

#[test]
fn what_a_runtime_counted_stays_with_the_cache_when_it_goes() {
    let cache = HydraCache::local().build();
    for _ in 0..3 {
        let side = HydraCache::local().name("side").build();
        let runtime = Runtime::builder().cache(cache.clone()).named("side", side).build().unwrap();
        runtime.sync_scope(|| dotted(1));
    }
    assert_eq!((cache.stats().misses, cache.stats().hits), (1, 2));
}

#[test]
fn the_registry_is_read_without_a_runtime() {
    let site = Registry::of_this_program().function("around::dotted").unwrap();
    assert_eq!(site.namespace(), "around::dotted@0");
    assert_eq!(dotted::key(1).as_str(), "around%3A%3Adotted@0:1");
}

#[cached(name = "50%:of:it", key = "{id}", version = 3)]
fn with_marks_in_its_name(id: u64) -> u64 {
    id
}

#[test]
fn a_name_is_escaped_in_keys_as_a_view_of_its_namespace_escapes_it() {
    isolated_sync(|| {
        let cache = Runtime::current().default_cache().clone();
        with_marks_in_its_name(7);
        let view = cache.typed::<u64>(with_marks_in_its_name::SITE.namespace());
        assert_eq!(view.peek("7").unwrap(), Some(7));
        assert_eq!(with_marks_in_its_name::key(7).as_str(), "50%25%3Aof%3Ait@3:7");
    });
}
