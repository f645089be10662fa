//! Write intents: a value that was written to the source is stored only if nobody else may have written a later one.

use std::pin::pin;

use futures_util::poll;
use hydracache_runtime::{ErrorKind, Eviction, HydraCache};

use crate::scene::Desk;
use crate::support::{assert_says, cache, plain, ready, seconds, tagged, timed};

over_both_stores! {
    a_write_that_nobody_disturbs_is_stored,
    what_is_cached_is_seen_until_the_write_is_done,
    of_two_that_overlap_neither_is_stored,
    one_that_overlaps_another_taints_the_next,
    after_an_overlap_the_next_is_stored,
    one_after_the_other_is_stored,
    intents_of_different_keys_do_not_meet,
    whatever_touches_the_key_between_refuses_it,
    an_invalidation_of_what_the_value_carries_refuses_it,
    a_load_that_was_under_way_does_not_replace_what_was_put,
    a_load_that_was_under_way_is_not_stored_after_a_drop,
    a_fill_that_was_under_way_does_not_replace_what_was_put,
    a_dropped_intent_takes_the_key_out,
    a_cancelled_intent_leaves_what_is_there,
    what_is_stored_has_its_options,
    a_refused_value_takes_the_key_out,
    a_key_over_its_limit_is_refused,
}

async fn a_write_that_nobody_disturbs_is_stored(eviction: Eviction) {
    let cache = cache(eviction);
    for before in [None, Some(1_u32)] {
        if let Some(before) = before {
            cache.put("k", before, plain()).await.unwrap();
        }
        let intent = cache.write_intent("k").unwrap();
        assert!(intent.put(2_u32, plain()).await.unwrap());
        assert_eq!(cache.get::<u32>("k").await.unwrap(), Some(2));
    }
}

async fn what_is_cached_is_seen_until_the_write_is_done(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u32, plain()).await.unwrap();
    let intent = cache.write_intent("k").unwrap();
    assert_eq!(cache.get::<u32>("k").await.unwrap(), Some(1));
    assert_eq!(
        cache.get_or_insert_with("k", plain(), || async { 9_u32 }).await.unwrap(),
        1,
        "a hit is no load"
    );
    assert!(intent.put(2_u32, plain()).await.unwrap());
    assert_eq!(cache.get::<u32>("k").await.unwrap(), Some(2));
}

async fn of_two_that_overlap_neither_is_stored(eviction: Eviction) {
    for (first, second) in [(0, 1), (1, 0)] {
        let cache = cache(eviction);
        cache.put("k", 1_u32, plain()).await.unwrap();
        let mut intents = [cache.write_intent("k").unwrap(), cache.write_intent("k").unwrap()].map(Some);
        let mut put = |which: usize| ready(intents[which].take().unwrap().put(2_u32, plain())).unwrap();
        assert!(!put(first), "another is open");
        assert_eq!(cache.get::<u32>("k").await.unwrap(), None);
        assert!(!put(second), "another was open");
        assert_eq!(cache.get::<u32>("k").await.unwrap(), None);
    }
}

async fn one_that_overlaps_another_taints_the_next(eviction: Eviction) {
    let cache = cache(eviction);
    let first = cache.write_intent("k").unwrap();
    let second = cache.write_intent("k").unwrap();
    assert!(!first.put(1_u32, plain()).await.unwrap());
    let third = cache.write_intent("k").unwrap();
    assert!(!second.put(2_u32, plain()).await.unwrap());
    assert!(!third.put(3_u32, plain()).await.unwrap(), "it overlapped the second");
    assert!(!cache.contains_key("k").await);
}

async fn after_an_overlap_the_next_is_stored(eviction: Eviction) {
    let cache = cache(eviction);
    let (first, second) = (cache.write_intent("k").unwrap(), cache.write_intent("k").unwrap());
    first.put(1_u32, plain()).await.unwrap();
    second.put(2_u32, plain()).await.unwrap();
    assert!(cache.write_intent("k").unwrap().put(3_u32, plain()).await.unwrap());
    assert_eq!(cache.get::<u32>("k").await.unwrap(), Some(3));
}

async fn one_after_the_other_is_stored(eviction: Eviction) {
    let cache = cache(eviction);
    for n in 0..100_u32 {
        assert!(cache.write_intent("k").unwrap().put(n, plain()).await.unwrap());
        assert_eq!(cache.get::<u32>("k").await.unwrap(), Some(n));
    }
}

/// Intents of many keys share the locks of a cache, not their fate.
async fn intents_of_different_keys_do_not_meet(eviction: Eviction) {
    let cache = cache(eviction);
    let intents: Vec<_> = (0..1_000_u32).map(|n| (n, cache.write_intent(n.to_string()).unwrap())).collect();
    for (n, intent) in intents {
        assert!(intent.put(n, plain()).await.unwrap());
    }
    assert_eq!(cache.diagnostics().await.live_entries, 1_000);
}

async fn whatever_touches_the_key_between_refuses_it(eviction: Eviction) {
    type Touch = fn(&HydraCache);
    let ways: [(&str, Touch); 9] = [
        ("put", |cache| cache.put("v:k", 5_u32, plain()).fire()),
        ("put through a view", |cache| cache.typed::<u32>("v").put("k", 5, plain()).fire()),
        ("remove", |cache| cache.remove("v:k").fire()),
        ("expire_key", |cache| cache.expire_key("v:k").fire()),
        ("invalidate_prefix", |cache| cache.invalidate_prefix("v").fire()),
        ("another intent that was put", |cache| {
            cache.write_intent("v:k").unwrap().put(5_u32, plain()).fire();
        }),
        ("another intent that was dropped", |cache| drop(cache.write_intent("v:k").unwrap())),
        ("a load", |cache| {
            ready(cache.get_or_insert_with("v:k", plain(), || async { 5_u32 })).unwrap();
        }),
        ("a bulk load", |cache| {
            let load = async |_| Ok::<_, std::io::Error>([("v:k", 5_u32)]);
            ready(cache.get_many_or_load(["v:k"], plain(), load)).unwrap();
        }),
    ];
    for (name, touch) in ways {
        let cache = cache(eviction);
        let intent = cache.write_intent("v:k").unwrap();
        touch(&cache);
        assert!(!intent.put(2_u32, plain()).await.unwrap(), "after `{name}`");
        assert_eq!(cache.get::<u32>("v:k").await.unwrap(), None, "after `{name}`");
        assert!(cache.write_intent("v:k").unwrap().put(3_u32, plain()).await.unwrap(), "after `{name}`");
    }
}

/// A tag that was invalidated since the write began may have announced a later write than this one.
async fn an_invalidation_of_what_the_value_carries_refuses_it(eviction: Eviction) {
    for flush in [false, true] {
        let cache = cache(eviction);
        let intent = cache.write_intent("k").unwrap();
        if flush {
            cache.flush().await.unwrap();
        } else {
            cache.invalidate_tag("t").await.unwrap();
        }
        assert!(!intent.put(2_u32, tagged("t")).await.unwrap(), "flush: {flush}");
        assert_eq!(cache.get::<u32>("k").await.unwrap(), None, "flush: {flush}");
    }
    let cache = cache(eviction);
    let intent = cache.write_intent("k").unwrap();
    cache.invalidate_tag("other").await.unwrap();
    assert!(intent.put(2_u32, tagged("t")).await.unwrap(), "it does not carry that tag");
}

async fn a_load_that_was_under_way_does_not_replace_what_was_put(eviction: Eviction) {
    for begun_before in [true, false] {
        let (cache, desk) = (cache(eviction), Desk::default());
        let early = begun_before.then(|| cache.write_intent("other").unwrap());
        let mut load = pin!(cache.get_or_load("k", plain(), || desk.load()));
        let mut intent = (!begun_before).then(|| cache.write_intent("k").unwrap());
        assert!(poll!(load.as_mut()).is_pending());
        let intent = intent.take().unwrap_or_else(|| cache.write_intent("k").unwrap());
        let stored = intent.put(2_u32, plain()).await.unwrap();
        let before = cache.peek::<u32>("k").unwrap();
        assert_eq!(before, stored.then_some(2));
        desk.answer(1);
        assert_eq!(load.await.unwrap(), 1);
        assert_eq!(cache.peek::<u32>("k").unwrap(), before, "it may have been read before the write");
        drop(early);
    }
}

async fn a_load_that_was_under_way_is_not_stored_after_a_drop(eviction: Eviction) {
    let (cache, desk) = (cache(eviction), Desk::default());
    let mut load = pin!(cache.get_or_load("k", plain(), || desk.load()));
    assert!(poll!(load.as_mut()).is_pending());
    let intent = cache.write_intent("k").unwrap();
    drop(intent);
    desk.answer(1);
    load.await.unwrap();
    assert_eq!(cache.peek::<u32>("k").unwrap(), None);
}

async fn a_fill_that_was_under_way_does_not_replace_what_was_put(eviction: Eviction) {
    let cache = cache(eviction);
    let before = cache.fill_token("k").unwrap();
    let intent = cache.write_intent("k").unwrap();
    let during = cache.fill_token("k").unwrap();
    assert!(intent.put(2_u32, plain()).await.unwrap());
    assert!(!cache.fill(&before, 1_u32, plain()).unwrap());
    assert!(!cache.fill(&during, 1_u32, plain()).unwrap());
    assert_eq!(cache.peek::<u32>("k").unwrap(), Some(2));
}

async fn a_dropped_intent_takes_the_key_out(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u32, plain()).await.unwrap();
    drop(cache.write_intent("k").unwrap());
    assert_eq!(cache.get::<u32>("k").await.unwrap(), None, "the write may have happened");
    assert!(cache.write_intent("k").unwrap().put(2_u32, plain()).await.unwrap(), "it is over");
}

async fn a_cancelled_intent_leaves_what_is_there(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u32, plain()).await.unwrap();
    cache.write_intent("k").unwrap().cancel();
    assert_eq!(cache.get::<u32>("k").await.unwrap(), Some(1));
    assert!(cache.write_intent("k").unwrap().put(2_u32, plain()).await.unwrap(), "it is over");
}

async fn what_is_stored_has_its_options(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    let intent = cache.write_intent("k").unwrap();
    assert!(intent.put(2_u32, tagged("t").ttl(seconds(10))).await.unwrap());
    let intent = cache.write_intent("l").unwrap();
    assert!(intent.put(2_u32, tagged("t").ttl(seconds(60))).await.unwrap());
    clock.advance(seconds(10));
    assert!(!cache.contains_key("k").await);
    cache.invalidate_tag("t").await.unwrap();
    assert!(!cache.contains_key("l").await);
}

async fn a_refused_value_takes_the_key_out(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u32, plain()).await.unwrap();
    let refused = cache.write_intent("k").unwrap().put(2_u32, plain().ttl(seconds(0))).await;
    assert_says(refused, ErrorKind::InvalidTtl, &["no_ttl"]);
    assert_eq!(cache.get::<u32>("k").await.unwrap(), None, "the row was written, so the old value is wrong");
    let small = HydraCache::local().eviction(eviction).max_bytes(64_000).max_entry_bytes(1_000).build();
    small.put("k", vec![1_u8], plain()).await.unwrap();
    let large = small.write_intent("k").unwrap().put(vec![0_u8; 5_000], plain()).await;
    assert_eq!(large.unwrap_err().kind(), ErrorKind::TooLarge);
    assert!(!small.contains_key("k").await);
}

async fn a_key_over_its_limit_is_refused(eviction: Eviction) {
    let refused = cache(eviction).write_intent("k".repeat(2_000)).map(drop);
    assert_says(refused, ErrorKind::KeyTooLong, &[]);
}
