//! Invalidation of many entries at once: tags, namespaces, everything.

use futures_util::future::join;
use hydracache_runtime::{Eviction, MAX_TAGS};
use tokio::sync::oneshot;

use crate::support::{cache, plain, tagged};

over_both_stores! {
    a_tag_ends_every_entry_that_carries_it_and_no_other,
    each_of_several_tags_ends_an_entry,
    a_tag_nobody_carries_ends_nothing,
    a_tag_is_no_prefix_of_another,
    a_namespace_ends_its_view_and_nothing_else,
    a_flush_ends_everything,
    a_load_that_an_invalidation_overtook_is_not_stored,
    many_invalidations_of_absent_tags_end_nothing_that_is_cached,
}

async fn a_tag_ends_every_entry_that_carries_it_and_no_other(eviction: Eviction) {
    let cache = cache(eviction);
    for n in 0..200_u32 {
        let tag = if n % 2 == 0 { "even" } else { "odd" };
        cache.put(format!("k:{n}"), n, tagged(tag).tag("number")).await.unwrap();
    }
    cache.invalidate_tag("even").await.unwrap();
    for n in 0..200_u32 {
        let expected = (n % 2 == 1).then_some(n);
        assert_eq!(cache.get::<u32>(format!("k:{n}")).await.unwrap(), expected);
    }
    cache.invalidate_tag("number").await.unwrap();
    for n in 0..200_u32 {
        assert!(!cache.contains_key(format!("k:{n}")).await);
    }
}

async fn each_of_several_tags_ends_an_entry(eviction: Eviction) {
    let cache = cache(eviction);
    let tags: Vec<String> = (0..MAX_TAGS).map(|n| format!("tag:{n}")).collect();
    for tag in &tags {
        cache.put("k", 1_u8, plain().tags(&tags)).await.unwrap();
        assert!(cache.contains_key("k").await);
        cache.invalidate_tag(tag).await.unwrap();
        assert!(!cache.contains_key("k").await, "`{tag}` did not end the entry");
    }
    for (key, tag) in [("a", "one"), ("b", "two"), ("c", "three")] {
        cache.put(key, 1_u8, tagged(tag)).await.unwrap();
    }
    cache.invalidate_tags(["one", "two"]).await.unwrap();
    assert!(!cache.contains_key("a").await && !cache.contains_key("b").await);
    assert!(cache.contains_key("c").await);
}

async fn a_tag_nobody_carries_ends_nothing(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, tagged("t")).await.unwrap();
    cache.put("bare", 2_u8, plain()).await.unwrap();
    cache.invalidate_tag("absent").await.unwrap();
    cache.invalidate_tag("k").await.unwrap();
    cache.invalidate_tags::<[&str; 0]>([]).await.unwrap();
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
    assert_eq!(cache.get::<u8>("bare").await.unwrap(), Some(2));
}

async fn a_tag_is_no_prefix_of_another(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("one", 1_u8, tagged("user:1")).await.unwrap();
    cache.put("ten", 10_u8, tagged("user:10")).await.unwrap();
    cache.invalidate_tag("user:1").await.unwrap();
    assert_eq!(cache.get::<u8>("one").await.unwrap(), None);
    assert_eq!(cache.get::<u8>("ten").await.unwrap(), Some(10));
}

async fn a_namespace_ends_its_view_and_nothing_else(eviction: Eviction) {
    let cache = cache(eviction);
    let (users, posts) = (cache.typed::<u8>("users"), cache.typed::<u8>("posts"));
    users.put("k", 1, plain()).await.unwrap();
    posts.put("k", 2, plain()).await.unwrap();
    cache.put("users", 3_u8, tagged("users")).await.unwrap();
    cache.invalidate_namespace("users").await.unwrap();
    assert_eq!(users.get("k").await.unwrap(), None);
    assert_eq!(posts.get("k").await.unwrap(), Some(2));
    assert_eq!(cache.get::<u8>("users").await.unwrap(), Some(3), "neither a key nor a tag is a namespace");
}

async fn a_flush_ends_everything(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("view");
    cache.put("raw", 1_u8, plain()).await.unwrap();
    cache.put("tagged", 2_u8, tagged("t")).await.unwrap();
    view.put("k", 3, plain()).await.unwrap();
    cache.flush().await.unwrap();
    assert!(!cache.contains_key("raw").await);
    assert!(!cache.contains_key("tagged").await);
    assert!(!view.contains_key("k").await);
    view.put("k", 4, plain()).await.unwrap();
    assert_eq!(view.get("k").await.unwrap(), Some(4));
}

async fn a_load_that_an_invalidation_overtook_is_not_stored(eviction: Eviction) {
    for way in ["tag", "key", "expire", "flush"] {
        let cache = cache(eviction);
        let (tell, told) = oneshot::channel();
        let load = cache
            .get_or_load("k", tagged("t"), || async move { told.await.map(|()| "read before".to_owned()) });
        let write = async {
            match way {
                "tag" => cache.invalidate_tag("t").await.unwrap(),
                "key" => drop(cache.remove("k").await.unwrap()),
                "expire" => drop(cache.expire_key("k").await.unwrap()),
                _ => cache.flush().await.unwrap(),
            }
            tell.send(()).unwrap();
        };
        let (loaded, ()) = join(load, write).await;
        assert_eq!(loaded.unwrap(), "read before", "the caller that began before it may have it");
        assert_eq!(cache.get::<String>("k").await.unwrap(), None, "after `{way}`");
        assert_eq!(cache.stats().stale_discards, 1, "after `{way}`");
    }
}

/// The memory of invalidated tags is bounded; what it forgets must not reach entries that carry other tags.
async fn many_invalidations_of_absent_tags_end_nothing_that_is_cached(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, tagged("t")).await.unwrap();
    for n in 0..20_000 {
        cache.invalidate_tag(format!("absent:{n}")).await.unwrap();
    }
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
    cache.put("l", 2_u8, tagged("absent:7")).await.unwrap();
    assert_eq!(cache.get::<u8>("l").await.unwrap(), Some(2), "a put is later than all of them");
    cache.invalidate_tag("t").await.unwrap();
    assert_eq!(cache.get::<u8>("k").await.unwrap(), None);
}
