//! The events of invalidations that concern many entries, and of the sweep that takes the dead ones out.

use std::collections::BTreeSet;

use hydracache_runtime::CacheEventKind::{
    Expired, Flushed, NamespaceInvalidated, PrefixInvalidated, Removed, Stored, TagInvalidated,
};
use hydracache_runtime::{CacheEvent, CacheEventKind, CacheEventOrigin, Eviction};

use crate::support::{cache, kinds, only, plain, read_all, seconds, tagged, timed};

over_both_stores! {
    a_tag_is_told_by_its_name_whether_it_was_used_or_not,
    several_tags_are_told_one_by_one,
    a_namespace_is_told_as_its_keys_begin,
    a_prefix_is_told_as_it_was_given,
    a_flush_is_told_without_any_name,
    what_an_invalidation_took_is_not_told_again,
    an_invalidation_that_is_refused_is_not_told,
    a_sweep_tells_what_had_expired,
    what_was_told_adds_up_to_what_happened,
}

/// What an event that concerns many entries says besides its name.
#[track_caller]
fn assert_of_many(event: &CacheEvent, kind: CacheEventKind) {
    assert_eq!((event.kind(), event.key()), (kind, None));
    assert_eq!(event.tags().count(), 0);
    assert_eq!((event.origin(), event.source()), (CacheEventOrigin::Local, None));
}

async fn a_tag_is_told_by_its_name_whether_it_was_used_or_not(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, tagged("used")).await.unwrap();
    let mut events = cache.subscribe();
    for tag in ["used", "unused", "used"] {
        cache.invalidate_tag(tag).await.unwrap();
        let event = only(&mut events);
        assert_of_many(&event, TagInvalidated);
        assert_eq!((event.tag(), event.namespace(), event.prefix()), (Some(tag), None, None));
    }
}

async fn several_tags_are_told_one_by_one(eviction: Eviction) {
    let cache = cache(eviction);
    let mut events = cache.subscribe();
    cache.invalidate_tags(["a", "b"]).await.unwrap();
    cache.typed::<u8>("v").invalidate_tags(["c"]).await.unwrap();
    cache.invalidate_tags([""; 0]).await.unwrap();
    let told = read_all(&mut events);
    assert_eq!(told.iter().filter_map(CacheEvent::tag).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(told.len(), 3);
}

async fn a_namespace_is_told_as_its_keys_begin(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("a:b");
    view.put("k", 1, plain()).await.unwrap();
    let mut events = cache.subscribe();
    view.clear().await.unwrap();
    let event = only(&mut events);
    assert_of_many(&event, NamespaceInvalidated);
    assert_eq!((event.namespace(), event.tag(), event.prefix()), (Some("a%3Ab"), None, None));
    cache.invalidate_namespace("plain").await.unwrap();
    assert_eq!(only(&mut events).namespace(), Some("plain"));
}

async fn a_prefix_is_told_as_it_was_given(eviction: Eviction) {
    let cache = cache(eviction);
    let mut events = cache.subscribe();
    cache.invalidate_prefix("user:1").await.unwrap();
    let event = only(&mut events);
    assert_of_many(&event, PrefixInvalidated);
    assert_eq!((event.prefix(), event.tag(), event.namespace()), (Some("user:1"), None, None));
    cache.typed::<u8>("v").invalidate_prefix("user:1").await.unwrap();
    assert_eq!(only(&mut events).prefix(), Some("v:user:1"));
}

async fn a_flush_is_told_without_any_name(eviction: Eviction) {
    let cache = cache(eviction);
    let mut events = cache.subscribe();
    cache.flush().await.unwrap();
    let event = only(&mut events);
    assert_of_many(&event, Flushed);
    assert_eq!((event.tag(), event.namespace(), event.prefix()), (None, None, None));
}

/// One event stands for all the entries. Neither a read that meets one nor the sweep tells of them again.
async fn what_an_invalidation_took_is_not_told_again(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("v");
    for n in 0..20_u8 {
        cache.put(format!("t:{n}"), n, tagged("t")).await.unwrap();
        cache.put(format!("p:{n}"), n, plain()).await.unwrap();
        view.put(n.to_string(), n, plain()).await.unwrap();
    }
    let mut events = cache.subscribe();
    cache.invalidate_tag("t").await.unwrap();
    assert_eq!(cache.invalidate_prefix("p").await.unwrap(), 20);
    view.clear().await.unwrap();
    cache.get::<u8>("t:0").await.unwrap();
    cache.get::<u8>("p:0").await.unwrap();
    view.get("0").await.unwrap();
    cache.sweep();
    assert_eq!(kinds(&mut events), [TagInvalidated, PrefixInvalidated, NamespaceInvalidated]);
    cache.put("k", 1_u8, plain()).await.unwrap();
    cache.flush().await.unwrap();
    assert!(!cache.contains_key("k").await);
    cache.sweep();
    assert_eq!(kinds(&mut events), [Stored, Flushed]);
}

async fn an_invalidation_that_is_refused_is_not_told(eviction: Eviction) {
    let cache = cache(eviction);
    let mut events = cache.subscribe();
    let long = "t".repeat(300);
    assert!(cache.invalidate_tag(&long).await.is_err());
    assert_eq!(kinds(&mut events), []);
    assert!(cache.invalidate_tags([&*long, "t"]).await.is_err());
    assert_eq!(only(&mut events).tag(), Some("t"), "the other tag is invalidated all the same");
}

/// The thread in the background may be first; it says the same.
async fn a_sweep_tells_what_had_expired(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    for n in 0..50_u32 {
        let options = if n < 30 { tagged("t").ttl(seconds(1)) } else { plain() };
        cache.put(n.to_string(), n, options).await.unwrap();
    }
    cache.put("idle", 1_u8, tagged("t").time_to_idle(seconds(1))).await.unwrap();
    let mut events = cache.subscribe();
    clock.advance(seconds(1));
    cache.sweep();
    let told = read_all(&mut events);
    for event in &told {
        assert_eq!((event.kind(), event.origin()), (Expired, CacheEventOrigin::Sweep));
        assert_eq!(event.tags().collect::<Vec<_>>(), ["t"]);
    }
    let keys: BTreeSet<_> = told.iter().filter_map(CacheEvent::key).map(str::to_owned).collect();
    let expected: BTreeSet<_> = (0..30).map(|n| n.to_string()).chain(["idle".to_owned()]).collect();
    assert_eq!((told.len(), keys), (31, expected));
    cache.sweep();
    assert_eq!(kinds(&mut events), []);
}

async fn what_was_told_adds_up_to_what_happened(eviction: Eviction) {
    let cache = cache(eviction);
    let mut events = cache.subscribe_mutations();
    for n in 0..10_u8 {
        cache.put(n.to_string(), n, tagged("t")).await.unwrap();
        cache.invalidate_tags(["a", "b"]).await.unwrap();
        cache.remove(n.to_string()).await.unwrap();
        cache.put("k", n, plain()).await.unwrap();
        cache.expire_key("k").await.unwrap();
        cache.invalidate_namespace("n").await.unwrap();
        cache.invalidate_prefix("p").await.unwrap();
        cache.flush().await.unwrap();
    }
    let told = kinds(&mut events);
    let count = |kind| told.iter().filter(|told| **told == kind).count() as u64;
    let stats = cache.stats();
    assert_eq!(count(Stored), stats.puts);
    assert_eq!(count(Removed) + count(Expired), stats.key_invalidations);
    assert_eq!(count(TagInvalidated), stats.tag_invalidations);
    assert_eq!(count(NamespaceInvalidated), stats.namespace_invalidations);
    assert_eq!(count(PrefixInvalidated), stats.prefix_invalidations);
    assert_eq!(count(Flushed), stats.flushes);
    assert_eq!((told.len(), stats.events_published), (90, 90));
}
