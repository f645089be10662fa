//! Typed views: one type and one namespace of a cache.

use std::sync::Arc;

use hydracache_runtime::{CacheKeyBuilder, Eviction, Source};

use crate::support::{cache, plain, seconds, tagged, timed};

over_both_stores! {
    a_view_and_its_raw_key_share_one_entry,
    the_namespace_is_escaped_and_the_key_is_not,
    namespaces_do_not_meet,
    two_views_of_one_namespace_are_one,
    every_way_to_read_works_through_a_view,
    every_way_to_end_an_entry_works_through_a_view,
    clearing_ends_what_was_stored_and_not_what_comes_after,
    clearing_hides_raw_entries_from_the_view_alone,
    what_the_view_hides_is_loaded_anew,
    removing_through_the_view_what_the_view_hides_says_false,
    a_load_that_a_clear_overtook_is_not_stored,
    memory_only_values_need_no_serde,
    a_view_knows_its_cache_and_namespace,
}

async fn a_view_and_its_raw_key_share_one_entry(eviction: Eviction) {
    let cache = cache(eviction);
    let users = cache.typed::<String>("users");
    users.put("42", "Ada".to_owned(), plain()).await.unwrap();
    let raw = cache.get_arc::<String>("users:42").await.unwrap().unwrap();
    let typed = users.get_arc("42").await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&raw, &typed));
    cache.put("users:42", "Grace".to_owned(), plain()).await.unwrap();
    assert_eq!(users.get("42").await.unwrap().as_deref(), Some("Grace"));
    assert!(users.remove("42").await.unwrap());
    assert!(!cache.contains_key("users:42").await);
    assert_eq!(cache.diagnostics().await.live_entries, 0);
}

async fn the_namespace_is_escaped_and_the_key_is_not(eviction: Eviction) {
    let cache = cache(eviction);
    let odd = cache.typed::<u8>("a:b%");
    odd.put("c:d%", 1, plain()).await.unwrap();
    assert_eq!(cache.get::<u8>("a%3Ab%25:c:d%").await.unwrap(), Some(1));
    let key = CacheKeyBuilder::new().segment("x:y").segment(7).build();
    odd.put(&key, 2, plain()).await.unwrap();
    assert_eq!(cache.get::<u8>("a%3Ab%25:x%3Ay:7").await.unwrap(), Some(2));
}

/// The key `b:c` in `a` and the key `c` in `a:b` would be one text if the namespace were not escaped.
async fn namespaces_do_not_meet(eviction: Eviction) {
    let cache = cache(eviction);
    let (outer, inner) = (cache.typed::<u8>("a"), cache.typed::<u8>("a:b"));
    outer.put("b:c", 1, plain()).await.unwrap();
    inner.put("c", 2, plain()).await.unwrap();
    assert_eq!(outer.get("b:c").await.unwrap(), Some(1));
    assert_eq!(inner.get("c").await.unwrap(), Some(2));
    inner.clear().await.unwrap();
    assert_eq!(outer.get("b:c").await.unwrap(), Some(1));
}

async fn two_views_of_one_namespace_are_one(eviction: Eviction) {
    let cache = cache(eviction);
    let (one, other) = (cache.typed::<u8>("v"), cache.clone().typed::<u8>("v"));
    one.put("k", 1, plain()).await.unwrap();
    assert_eq!(other.get("k").await.unwrap(), Some(1));
    other.clear().await.unwrap();
    assert_eq!(one.get("k").await.unwrap(), None);
    assert_eq!(one.clone().get("k").await.unwrap(), None);
}

async fn every_way_to_read_works_through_a_view(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    let view = cache.typed::<u8>("v");
    view.put("k", 1, plain()).await.unwrap();
    clock.advance(seconds(3));
    assert_eq!(view.peek("k").unwrap(), Some(1));
    assert!(view.contains_key("k").await);
    let fetched = view.fetch("k").await.unwrap().unwrap();
    assert_eq!((fetched.value, fetched.source, fetched.age), (1, Source::Hit, seconds(3)));
    assert_eq!(view.get_or_insert_with("k", plain(), || async { 2 }).await.unwrap(), 1);
    assert_eq!((view.peek("absent").unwrap(), view.fetch("absent").await.unwrap()), (None, None));
    assert!(!view.contains_key("absent").await);
}

async fn every_way_to_end_an_entry_works_through_a_view(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("v");
    for way in 0..5 {
        view.put("k", 1, tagged("t")).await.unwrap();
        let was_there = match way {
            0 => view.remove("k").await.unwrap(),
            1 => view.invalidate_key("k").await.unwrap(),
            2 => view.expire_key("k").await.unwrap(),
            3 => view.invalidate_tag("t").await.is_ok(),
            _ => view.clear().await.is_ok(),
        };
        assert!(was_there);
        assert_eq!(view.get("k").await.unwrap(), None, "way {way}");
        assert!(!cache.contains_key("v:k").await, "way {way}");
    }
    assert!(!view.remove("k").await.unwrap());
    assert!(!view.expire_key("k").await.unwrap());
}

async fn clearing_ends_what_was_stored_and_not_what_comes_after(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u32>("v");
    for n in 0..100 {
        view.put(n.to_string(), n, plain()).await.unwrap();
    }
    view.clear().await.unwrap();
    for n in 0..100 {
        assert_eq!(view.get(n.to_string()).await.unwrap(), None);
        assert_eq!(cache.get::<u32>(format!("v:{n}")).await.unwrap(), None, "they belonged to the view");
    }
    view.put("1", 7, plain()).await.unwrap();
    assert_eq!(view.get("1").await.unwrap(), Some(7));
}

async fn clearing_hides_raw_entries_from_the_view_alone(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("v");
    cache.put("v:k", 1_u8, plain()).await.unwrap();
    assert_eq!(view.get("k").await.unwrap(), Some(1));
    view.clear().await.unwrap();
    assert_eq!(view.get("k").await.unwrap(), None);
    assert_eq!((view.peek("k").unwrap(), view.fetch("k").await.unwrap()), (None, None));
    assert_eq!(view.get_arc("k").await.unwrap(), None);
    assert!(!view.contains_key("k").await);
    assert_eq!(cache.get::<u8>("v:k").await.unwrap(), Some(1), "raw reads still find it");
    cache.put("v:k", 2_u8, plain()).await.unwrap();
    assert_eq!(view.get("k").await.unwrap(), Some(2), "what is stored after the clear is seen");
}

async fn what_the_view_hides_is_loaded_anew(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("v");
    cache.put("v:k", 1_u8, plain()).await.unwrap();
    view.clear().await.unwrap();
    assert_eq!(view.get_or_insert_with("k", plain(), || async { 2 }).await.unwrap(), 2);
    assert_eq!(view.get("k").await.unwrap(), Some(2));
    assert_eq!(cache.get::<u8>("v:k").await.unwrap(), Some(2));
}

/// `remove` says whether a read would have found the key, and through this view none would.
async fn removing_through_the_view_what_the_view_hides_says_false(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("v");
    cache.put("v:k", 1_u8, plain()).await.unwrap();
    view.clear().await.unwrap();
    assert!(!view.expire_key("k").await.unwrap());
    cache.put("v:l", 1_u8, plain()).await.unwrap();
    view.clear().await.unwrap();
    assert!(!view.remove("l").await.unwrap());
}

async fn a_load_that_a_clear_overtook_is_not_stored(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("v");
    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    let load = view.get_or_load("k", plain(), || async move { told.await.map(|()| 1) });
    let clear = async {
        view.clear().await.unwrap();
        tell.send(()).unwrap();
    };
    assert_eq!(futures_util::future::join(load, clear).await.0.unwrap(), 1);
    assert_eq!(view.get("k").await.unwrap(), None);
}

async fn memory_only_values_need_no_serde(eviction: Eviction) {
    #[derive(Clone)]
    struct Handle(Arc<dyn Fn(u8) -> u8 + Send + Sync>);

    let cache = cache(eviction);
    let handles = cache.typed_memory_only::<Handle>("handles");
    handles.put("double", Handle(Arc::new(|n| 2 * n)), tagged("t")).await.unwrap();
    assert_eq!((handles.get("double").await.unwrap().unwrap().0)(21), 42);
    let loaded = handles.get_or_insert_with("triple", plain(), || async { Handle(Arc::new(|n| 3 * n)) });
    assert_eq!((loaded.await.unwrap().0)(14), 42);
    cache.invalidate_tag("t").await.unwrap();
    assert!(handles.get("double").await.unwrap().is_none());
    handles.clear().await.unwrap();
    assert!(!handles.contains_key("triple").await);
}

async fn a_view_knows_its_cache_and_namespace(eviction: Eviction) {
    let cache = hydracache_runtime::HydraCache::local().name("sessions").eviction(eviction).build();
    let view = cache.typed::<u8>("a:b");
    assert_eq!((view.namespace(), view.cache().name()), ("a:b", "sessions"));
}
