//! Invalidating a prefix: whole segments, loads under way, and whatever else lies under it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::poll;
use hydracache_runtime::{CacheEventKind, CacheKeyBuilder, Eviction, HydraCache};

use crate::bulk_desk::BulkDesk;
use crate::scene::{Desk, Scene, forgiving, revalidating, settle};
use crate::support::{cache, only, plain, read_all, ready, seconds, timed};

over_both_stores! {
    a_prefix_ends_at_a_whole_segment,
    an_escaped_segment_is_no_prefix,
    a_longer_prefix_takes_less,
    the_number_of_entries_that_went_is_returned,
    a_load_under_way_is_not_stored,
    a_caller_that_comes_later_does_not_join_a_load_under_way,
    a_load_of_another_key_goes_on,
    a_fill_under_way_is_refused,
    what_is_stored_afterwards_stays,
    a_view_takes_a_prefix_of_its_own,
    a_namespace_is_a_prefix,
    old_values_go_as_well,
    it_is_counted,
    a_value_whose_drop_panics_does_not_save_the_others,
}

fn put_all(cache: &HydraCache, keys: &[&str]) {
    for key in keys {
        cache.put(key, 1_u32, plain()).fire();
    }
}

async fn left<'a>(cache: &HydraCache, keys: &[&'a str]) -> Vec<&'a str> {
    let mut left = Vec::new();
    for key in keys {
        if cache.contains_key(key).await {
            left.push(*key);
        }
    }
    left
}

const KEYS: [&str; 8] =
    ["user", "user:1", "user:1:posts", "user:1:posts:7", "user:10", "user:2", "users:1", "a:user:1"];

async fn a_prefix_ends_at_a_whole_segment(eviction: Eviction) {
    let cache = cache(eviction);
    put_all(&cache, &KEYS);
    assert_eq!(cache.invalidate_prefix("user:1").await.unwrap(), 3);
    assert_eq!(left(&cache, &KEYS).await, ["user", "user:10", "user:2", "users:1", "a:user:1"]);
    assert_eq!(cache.invalidate_prefix("user").await.unwrap(), 3);
    assert_eq!(left(&cache, &KEYS).await, ["users:1", "a:user:1"]);
}

async fn an_escaped_segment_is_no_prefix(eviction: Eviction) {
    let cache = cache(eviction);
    let escaped = CacheKeyBuilder::new().segment("user:1").segment("posts").build_string();
    cache.put(&escaped, 1_u32, plain()).await.unwrap();
    cache.put("user:1", 1_u32, plain()).await.unwrap();
    assert_eq!(cache.invalidate_prefix("user").await.unwrap(), 1);
    assert!(cache.contains_key(&escaped).await, "its first segment is `user:1`, not `user`");
    let segment = CacheKeyBuilder::new().segment("user:1").build_string();
    assert_eq!(cache.invalidate_prefix(segment).await.unwrap(), 1);
    assert!(!cache.contains_key(&escaped).await);
}

async fn a_longer_prefix_takes_less(eviction: Eviction) {
    let cache = cache(eviction);
    put_all(&cache, &KEYS);
    assert_eq!(cache.invalidate_prefix("user:1:posts:7").await.unwrap(), 1, "the key itself");
    assert_eq!(cache.invalidate_prefix("user:1:po").await.unwrap(), 0, "not a whole segment");
    assert_eq!(cache.invalidate_prefix("absent").await.unwrap(), 0);
    assert_eq!(left(&cache, &KEYS).await.len(), 7);
}

async fn the_number_of_entries_that_went_is_returned(eviction: Eviction) {
    let cache = cache(eviction);
    for n in 0..1_000_u32 {
        cache.put(format!("even:{n}"), n, plain()).await.unwrap();
        cache.put(format!("odd:{n}"), n, plain()).await.unwrap();
    }
    assert_eq!(cache.invalidate_prefix("even").await.unwrap(), 1_000);
    assert_eq!(cache.invalidate_prefix("even").await.unwrap(), 0);
    assert_eq!(cache.diagnostics().await.live_entries, 1_000);
    assert_eq!(cache.diagnostics().await.dead_entries, 0, "they are gone, not only hidden");
}

async fn a_load_under_way_is_not_stored(eviction: Eviction) {
    for prefix in ["user", "user:1", "user:1:posts"] {
        let (cache, desk, bulk) = (cache(eviction), Desk::default(), BulkDesk::default());
        let mut load = pin!(cache.get_or_load("user:1:posts", plain(), || desk.load()));
        assert!(poll!(load.as_mut()).is_pending());
        let mut many = pin!(bulk.call(&cache, &["user:1:posts:7", "other"]));
        assert!(poll!(many.as_mut()).is_pending());
        assert_eq!(cache.invalidate_prefix(prefix).await.unwrap(), 0, "nothing is stored yet");
        desk.answer(1);
        bulk.answer(&[("user:1:posts:7", 1), ("other", 1)]);
        assert_eq!(load.await.unwrap(), 1, "who called before it may have it");
        many.await.unwrap();
        assert_eq!(left(&cache, &["user:1:posts", "user:1:posts:7", "other"]).await, ["other"]);
        assert_eq!(cache.stats().stale_discards, 2, "after `{prefix}`");
    }
}

async fn a_caller_that_comes_later_does_not_join_a_load_under_way(eviction: Eviction) {
    let (cache, desk) = (cache(eviction), Desk::default());
    let mut old = pin!(cache.get_or_load("user:1", plain(), || desk.load()));
    assert!(poll!(old.as_mut()).is_pending());
    cache.invalidate_prefix("user").await.unwrap();
    let mut new = pin!(cache.get_or_load("user:1", plain(), || desk.load()));
    assert!(poll!(new.as_mut()).is_pending());
    desk.answer(1);
    desk.answer(2);
    assert_eq!((new.await.unwrap(), old.await.unwrap()), (2, 1));
    assert_eq!(cache.peek::<u32>("user:1").unwrap(), Some(2));
}

async fn a_load_of_another_key_goes_on(eviction: Eviction) {
    let (cache, desk) = (cache(eviction), Desk::default());
    let mut load = pin!(cache.get_or_load("user:10", plain(), || desk.load()));
    assert!(poll!(load.as_mut()).is_pending());
    cache.invalidate_prefix("user:1").await.unwrap();
    desk.answer(1);
    load.await.unwrap();
    assert_eq!(cache.peek::<u32>("user:10").unwrap(), Some(1));
}

async fn a_fill_under_way_is_refused(eviction: Eviction) {
    let cache = cache(eviction);
    let token = cache.fill_token("user:1").unwrap();
    cache.invalidate_prefix("user").await.unwrap();
    assert!(!cache.fill(&token, 1_u32, plain()).unwrap());
    let later = cache.fill_token("user:1").unwrap();
    assert!(cache.fill(&later, 2_u32, plain()).unwrap());
}

async fn what_is_stored_afterwards_stays(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u32>("v");
    for prefix in ["user:1", "v", "v:k"] {
        cache.invalidate_prefix(prefix).await.unwrap();
    }
    cache.put("user:1", 1_u32, plain()).await.unwrap();
    view.put("k", 2, plain()).await.unwrap();
    cache.get_or_insert_with("v:l", plain(), || async { 3_u32 }).await.unwrap();
    assert_eq!(cache.get::<u32>("user:1").await.unwrap(), Some(1));
    assert_eq!((view.get("k").await.unwrap(), view.get("l").await.unwrap()), (Some(2), Some(3)));
}

async fn a_view_takes_a_prefix_of_its_own(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u32>("my:view");
    for key in ["a", "a:1", "a:2", "ab", "b"] {
        view.put(key, 1, plain()).await.unwrap();
    }
    cache.put("a:1", 1_u32, plain()).await.unwrap();
    assert_eq!(view.invalidate_prefix("a").await.unwrap(), 3);
    assert!(!view.contains_key("a").await && !view.contains_key("a:2").await);
    assert!(view.contains_key("ab").await && view.contains_key("b").await);
    assert!(cache.contains_key("a:1").await, "the raw key lies outside of the view");
}

async fn a_namespace_is_a_prefix(eviction: Eviction) {
    let (cache, desk) = (cache(eviction), Desk::default());
    let (users, others) = (cache.typed::<u32>("users"), cache.typed::<u32>("usersish"));
    users.put("1", 1, plain()).await.unwrap();
    others.put("1", 1, plain()).await.unwrap();
    cache.put("users:raw", 1_u32, plain()).await.unwrap();
    let mut load = pin!(users.get_or_load("2", plain(), || desk.load()));
    assert!(poll!(load.as_mut()).is_pending());
    cache.invalidate_prefix("users").await.unwrap();
    desk.answer(2);
    load.await.unwrap();
    assert_eq!(users.get("1").await.unwrap(), None);
    assert_eq!(users.get("2").await.unwrap(), None);
    assert!(!cache.contains_key("users:1").await && !cache.contains_key("users:2").await);
    assert!(!cache.contains_key("users:raw").await, "a raw key is under the prefix as well");
    assert_eq!(others.get("1").await.unwrap(), Some(1));
}

async fn old_values_go_as_well(eviction: Eviction) {
    let scene = Scene::new(eviction).await;
    scene.clock.advance(seconds(15));
    scene.cache().invalidate_prefix("v").await.unwrap();
    for refresh in [revalidating(), forgiving()] {
        let mut call = pin!(scene.ask(refresh));
        assert!(poll!(call.as_mut()).is_pending());
        scene.desk.fail();
        call.await.unwrap_err();
    }
    settle().await;
}

async fn it_is_counted(eviction: Eviction) {
    let (cache, _) = timed(eviction);
    put_all(&cache, &KEYS);
    ready(cache.invalidate_prefix("user")).unwrap();
    ready(cache.invalidate_prefix("absent")).unwrap();
    let stats = cache.stats();
    assert_eq!((stats.prefix_invalidations, stats.key_invalidations, stats.evictions), (2, 0, 0));
}

/// Panics when it is dropped, and counts that.
struct Bomb(Arc<AtomicU32>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("a value's drop panics");
    }
}

async fn a_value_whose_drop_panics_does_not_save_the_others(eviction: Eviction) {
    const ALL: [&str; 5] = ["user:1:a", "user:1:b", "user:1:c", "user:1:d", "user:2"];
    let cache = cache(eviction);
    let mut events = cache.subscribe_mutations();
    put_all(&cache, &ALL);
    let (bombs, panics) = (cache.typed_memory_only::<Arc<Bomb>>("user"), Arc::default());
    for key in ["1:bomb", "1:another"] {
        bombs.put(key, Arc::new(Bomb(Arc::clone(&panics))), plain()).await.unwrap();
    }
    read_all(&mut events);
    let invalidate = || cache.invalidate_prefix("user:1").fire();
    catch_unwind(AssertUnwindSafe(invalidate)).expect_err("the panic goes on in the caller");
    assert_eq!(panics.load(Ordering::SeqCst), 2, "each was dropped by the time that it returned");
    assert_eq!(left(&cache, &ALL).await, ["user:2"]);
    assert_eq!(cache.diagnostics().await.estimated_entries, 1);
    assert_eq!(only(&mut events).kind(), CacheEventKind::PrefixInvalidated);
}
