//! What subscribers of a key, of a tag and of a typed view are told, and what they are not.

use hydracache_runtime::CacheEventKind::{
    Evicted, Expired, Flushed, Hit, LoadStarted, LoadSucceeded, Miss, NamespaceInvalidated,
    PrefixInvalidated, Removed, Stored, TagInvalidated,
};
use hydracache_runtime::{CacheEvent, CacheEvents, Eviction, HydraCache};

use crate::support::{cache, kinds, plain, read_all, seconds, tagged, timed};

over_both_stores! {
    a_subscriber_of_a_key_is_told_what_reaches_it,
    a_subscriber_of_a_tag_is_told_of_its_entries,
    a_view_is_told_of_its_keys_only,
    a_key_of_a_view_is_the_raw_key,
    a_tag_of_a_view_is_told_within_it,
    a_view_is_told_of_its_accesses_only,
    a_subscriber_is_told_what_came_after_it_until_it_goes,
    what_nobody_asked_for_is_not_built,
}

fn keys(events: &mut CacheEvents) -> Vec<String> {
    read_all(events).iter().filter_map(CacheEvent::key).map(str::to_owned).collect()
}

async fn a_subscriber_of_a_key_is_told_what_reaches_it(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    let mut events = cache.subscribe_key("user:42");
    cache.put("user:4", 1_u8, tagged("t")).await.unwrap();
    cache.put("user:421", 1_u8, tagged("t")).await.unwrap();
    cache.put("user:42:posts", 1_u8, tagged("t")).await.unwrap();
    cache.put("user", 1_u8, tagged("t")).await.unwrap();
    cache.remove("user:4").await.unwrap();
    cache.invalidate_tag("t").await.unwrap();
    cache.invalidate_prefix("user:4").await.unwrap();
    cache.invalidate_prefix("user:42:posts").await.unwrap();
    cache.invalidate_namespace("users").await.unwrap();
    assert_eq!(kinds(&mut events), []);
    cache.put("user:42", 1_u8, tagged("t").ttl(seconds(1))).await.unwrap();
    assert_eq!(kinds(&mut events), [Stored]);
    clock.advance(seconds(1));
    cache.sweep();
    assert_eq!(kinds(&mut events), [Expired]);
    cache.put("user:42", 2_u8, tagged("t")).await.unwrap();
    cache.remove("user:42").await.unwrap();
    assert_eq!(kinds(&mut events), [Stored, Removed]);
    cache.invalidate_prefix("user:42").await.unwrap();
    cache.invalidate_prefix("user").await.unwrap();
    cache.invalidate_namespace("user").await.unwrap();
    cache.flush().await.unwrap();
    let reached = [PrefixInvalidated, PrefixInvalidated, NamespaceInvalidated, Flushed];
    assert_eq!(kinds(&mut events), reached);
}

async fn a_subscriber_of_a_tag_is_told_of_its_entries(eviction: Eviction) {
    let cache = cache(eviction);
    let mut events = cache.subscribe_tag("users");
    cache.put("a", 1_u8, plain().tag("x").tag("users")).await.unwrap();
    cache.put("b", 1_u8, tagged("users2")).await.unwrap();
    cache.put("c", 1_u8, plain()).await.unwrap();
    cache.put("users", 1_u8, plain()).await.unwrap();
    cache.invalidate_tag("x2").await.unwrap();
    cache.remove("b").await.unwrap();
    assert_eq!(keys(&mut events), ["a"]);
    cache.remove("a").await.unwrap();
    assert_eq!(kinds(&mut events), [Removed]);
    cache.invalidate_tags(["other", "users"]).await.unwrap();
    cache.flush().await.unwrap();
    assert_eq!(kinds(&mut events), [TagInvalidated, Flushed]);
}

async fn a_view_is_told_of_its_keys_only(eviction: Eviction) {
    let cache = cache(eviction);
    let (users, others) = (cache.typed::<u8>("users"), cache.typed::<u8>("users2"));
    let (mut events, mut mutations) = (users.subscribe(), users.subscribe_mutations());
    others.put("a", 1, tagged("t")).await.unwrap();
    others.remove("a").await.unwrap();
    others.clear().await.unwrap();
    cache.put("users", 1_u8, plain()).await.unwrap();
    cache.put("user", 1_u8, plain()).await.unwrap();
    cache.invalidate_prefix("users2").await.unwrap();
    assert_eq!(kinds(&mut events), []);
    users.put("a", 1, tagged("t")).await.unwrap();
    cache.put("users:b", 1_u8, plain()).await.unwrap();
    cache.remove("users:a").await.unwrap();
    assert_eq!(keys(&mut events), ["users:a", "users:b", "users:a"]);
    assert_eq!(keys(&mut mutations), ["users:a", "users:b", "users:a"]);
    cache.invalidate_tag("any").await.unwrap();
    users.clear().await.unwrap();
    users.invalidate_prefix("a").await.unwrap();
    cache.invalidate_prefix("users").await.unwrap();
    cache.flush().await.unwrap();
    let reached = [TagInvalidated, NamespaceInvalidated, PrefixInvalidated, PrefixInvalidated, Flushed];
    assert_eq!(kinds(&mut events), reached);
    assert_eq!(kinds(&mut mutations), reached);
}

async fn a_key_of_a_view_is_the_raw_key(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("a:b");
    let (mut scoped, mut raw) = (view.subscribe_key("42"), cache.subscribe_key("a%3Ab:42"));
    view.put("42", 1, plain()).await.unwrap();
    view.put("43", 1, plain()).await.unwrap();
    cache.put("42", 1_u8, plain()).await.unwrap();
    cache.put("a:b:42", 1_u8, plain()).await.unwrap();
    view.clear().await.unwrap();
    for events in [&mut scoped, &mut raw] {
        let told = read_all(events);
        assert_eq!(told[0].key(), Some("a%3Ab:42"));
        assert_eq!(told.iter().map(CacheEvent::kind).collect::<Vec<_>>(), [Stored, NamespaceInvalidated]);
    }
}

async fn a_tag_of_a_view_is_told_within_it(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("v");
    let mut events = view.subscribe_tag("t");
    cache.put("a", 1_u8, tagged("t")).await.unwrap();
    view.put("b", 1, plain()).await.unwrap();
    view.put("c", 1, tagged("t")).await.unwrap();
    cache.invalidate_tag("u").await.unwrap();
    assert_eq!(keys(&mut events), ["v:c"]);
    cache.invalidate_tag("t").await.unwrap();
    cache.flush().await.unwrap();
    assert_eq!(kinds(&mut events), [TagInvalidated, Flushed]);
}

async fn a_view_is_told_of_its_accesses_only(eviction: Eviction) {
    let cache = HydraCache::local().eviction(eviction).enable_access_events(true).build();
    let view = cache.typed::<u8>("v");
    let mut events = view.subscribe_access();
    cache.get::<u8>("a").await.unwrap();
    cache.get_or_insert_with("w:a", plain(), || async { 1_u8 }).await.unwrap();
    assert_eq!(kinds(&mut events), []);
    view.get_or_insert_with("a", plain(), || async { 1 }).await.unwrap();
    cache.get::<u8>("v:a").await.unwrap();
    view.remove("a").await.unwrap();
    assert_eq!(kinds(&mut events), [Miss, LoadStarted, LoadSucceeded, Hit]);
}

async fn a_subscriber_is_told_what_came_after_it_until_it_goes(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("before", 1_u8, plain()).await.unwrap();
    let mut first = cache.subscribe();
    cache.put("between", 1_u8, plain()).await.unwrap();
    let mut second = cache.subscribe();
    cache.put("after", 1_u8, plain()).await.unwrap();
    let (of_first, of_second) = (read_all(&mut first), read_all(&mut second));
    assert_eq!(of_first.iter().filter_map(CacheEvent::key).collect::<Vec<_>>(), ["between", "after"]);
    assert_eq!(of_second.iter().filter_map(CacheEvent::key).collect::<Vec<_>>(), ["after"]);
    assert_eq!(of_first[1].sequence(), of_second[0].sequence(), "it is the same event");
    assert!(of_first[0].sequence() < of_first[1].sequence());
    first.unsubscribe();
    cache.put("k", 1_u8, plain()).await.unwrap();
    assert_eq!(keys(&mut second), ["k"]);
}

/// A small cache is subscribed to by key, so that what the many other keys do is not built for nobody.
async fn what_nobody_asked_for_is_not_built(eviction: Eviction) {
    let cache = HydraCache::local().eviction(eviction).max_capacity(10).build();
    let mut access = cache.subscribe_access();
    for n in 0..100_u32 {
        cache.put(n.to_string(), n, plain()).await.unwrap();
    }
    assert_eq!((cache.stats().events_published, kinds(&mut access).len()), (0, 0));
    let mut mutations = cache.subscribe_mutations();
    for n in 0..100_u32 {
        cache.put(n.to_string(), n, plain()).await.unwrap();
    }
    let told = kinds(&mut mutations);
    assert!(told.contains(&Evicted), "{told:?}");
    assert_eq!(cache.stats().events_published, told.len() as u64);
}
