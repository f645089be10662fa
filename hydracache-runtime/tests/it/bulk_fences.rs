//! Bulk loads that are overtaken: each key has a fence of its own, and no old row is stored or accepted.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;

use futures_util::poll;
use hydracache_runtime::{Eviction, HydraCache};
use tokio::sync::Barrier;

use crate::bulk_desk::{BulkDesk, rows};
use crate::scene::{Desk, settle};
use crate::support::{cache, plain};

over_both_stores! {
    a_key_that_was_invalidated_meanwhile_is_not_stored_and_the_others_are,
    a_tag_that_was_invalidated_meanwhile_discards_all,
    a_value_that_was_put_meanwhile_stays,
    an_extra_key_that_was_touched_meanwhile_is_not_stored,
    an_extra_key_that_is_being_loaded_is_not_stored,
    an_extra_key_of_a_load_that_began_before_does_not_replace_a_later_one,
    a_bulk_call_does_not_accept_what_was_read_before_an_invalidation,
    a_single_call_does_not_accept_what_a_bulk_call_read_before_an_invalidation,
    an_adopted_bulk_load_is_overtaken_like_any_other,
}

const KEYS: [&str; 3] = ["a", "b:1", "c"];
const ROWS: [(&str, u32); 3] = [("a", 1), ("b:1", 2), ("c", 3)];

async fn a_key_that_was_invalidated_meanwhile_is_not_stored_and_the_others_are(eviction: Eviction) {
    type Overtake = fn(&HydraCache);
    let ways: [(&str, Overtake); 4] = [
        ("remove", |cache| cache.remove("b:1").fire()),
        ("expire_key", |cache| cache.expire_key("b:1").fire()),
        ("invalidate_prefix", |cache| cache.invalidate_prefix("b").fire()),
        ("a dropped intent", |cache| drop(cache.write_intent("b:1").unwrap())),
    ];
    for (name, overtake) in ways {
        let (cache, bulk) = (cache(eviction), BulkDesk::default());
        let mut many = pin!(bulk.call(&cache, &KEYS));
        assert!(poll!(many.as_mut()).is_pending());
        overtake(&cache);
        bulk.answer(&ROWS);
        assert_eq!(many.await.unwrap(), HashMap::from(ROWS), "who asked before may have it: `{name}`");
        assert_eq!(cache.peek::<u32>("b:1").unwrap(), None, "after `{name}`");
        assert_eq!(cache.peek::<u32>("a").unwrap(), Some(1), "after `{name}`");
        assert_eq!(cache.peek::<u32>("c").unwrap(), Some(3), "after `{name}`");
        assert_eq!(cache.stats().stale_discards, 1, "after `{name}`");
    }
}

async fn a_tag_that_was_invalidated_meanwhile_discards_all(eviction: Eviction) {
    for flush in [false, true] {
        let (cache, bulk) = (cache(eviction), BulkDesk::default());
        let mut many = pin!(bulk.call(&cache, &KEYS));
        assert!(poll!(many.as_mut()).is_pending());
        if flush {
            cache.flush().await.unwrap();
        } else {
            cache.invalidate_tag("t").await.unwrap();
        }
        bulk.answer(&[("a", 1), ("b:1", 2), ("c", 3), ("extra", 4)]);
        assert_eq!(many.await.unwrap().len(), 3);
        for key in ["a", "b:1", "c", "extra"] {
            assert!(!cache.contains_key(key).await, "`{key}`");
        }
    }
}

async fn a_value_that_was_put_meanwhile_stays(eviction: Eviction) {
    let (cache, bulk) = (cache(eviction), BulkDesk::default());
    let mut many = pin!(bulk.call(&cache, &KEYS));
    assert!(poll!(many.as_mut()).is_pending());
    cache.put("a", 99_u32, plain()).await.unwrap();
    cache.put("extra", 99_u32, plain()).await.unwrap();
    bulk.answer(&[("a", 1), ("b:1", 2), ("c", 3), ("extra", 4)]);
    many.await.unwrap();
    assert_eq!(cache.peek::<u32>("a").unwrap(), Some(99));
    assert_eq!(cache.peek::<u32>("extra").unwrap(), Some(99));
    assert_eq!(cache.peek::<u32>("c").unwrap(), Some(3));
}

async fn an_extra_key_that_was_touched_meanwhile_is_not_stored(eviction: Eviction) {
    type Overtake = fn(&HydraCache);
    let ways: [(&str, Overtake); 4] = [
        ("remove", |cache| cache.remove("extra:1").fire()),
        ("expire_key", |cache| cache.expire_key("extra:1").fire()),
        ("invalidate_prefix", |cache| cache.invalidate_prefix("extra").fire()),
        ("a dropped intent", |cache| drop(cache.write_intent("extra:1").unwrap())),
    ];
    for (name, overtake) in ways {
        let (cache, bulk) = (cache(eviction), BulkDesk::default());
        let mut many = pin!(bulk.call(&cache, &["a"]));
        assert!(poll!(many.as_mut()).is_pending());
        overtake(&cache);
        bulk.answer(&[("a", 1), ("extra:1", 2)]);
        many.await.unwrap();
        assert_eq!(cache.peek::<u32>("extra:1").unwrap(), None, "after `{name}`");
        assert_eq!(cache.stats().refused_fills, 1, "after `{name}`");
    }
}

async fn an_extra_key_that_is_being_loaded_is_not_stored(eviction: Eviction) {
    let (cache, desk, bulk) = (cache(eviction), Desk::default(), BulkDesk::default());
    let mut many = pin!(bulk.call(&cache, &["a"]));
    assert!(poll!(many.as_mut()).is_pending());
    let mut single = pin!(cache.get_or_load("extra", plain(), || desk.load()));
    assert!(poll!(single.as_mut()).is_pending());
    bulk.answer(&[("a", 1), ("extra", 2)]);
    many.await.unwrap();
    assert_eq!(cache.peek::<u32>("extra").unwrap(), None);
    desk.answer(3);
    assert_eq!(single.await.unwrap(), 3);
    assert_eq!(cache.peek::<u32>("extra").unwrap(), Some(3));
}

async fn an_extra_key_of_a_load_that_began_before_does_not_replace_a_later_one(eviction: Eviction) {
    let (cache, bulk) = (cache(eviction), BulkDesk::default());
    let mut many = pin!(bulk.call(&cache, &["a"]));
    assert!(poll!(many.as_mut()).is_pending());
    cache.remove("extra").await.unwrap();
    cache.get_or_insert_with("extra", plain(), || async { 9_u32 }).await.unwrap();
    bulk.answer(&[("a", 1), ("extra", 2)]);
    many.await.unwrap();
    assert_eq!(cache.peek::<u32>("extra").unwrap(), Some(9));
}

async fn a_bulk_call_does_not_accept_what_was_read_before_an_invalidation(eviction: Eviction) {
    for by_tag in [false, true] {
        let (cache, one, other) = (cache(eviction), BulkDesk::default(), BulkDesk::default());
        let mut old = pin!(one.call(&cache, &["a", "b"]));
        assert!(poll!(old.as_mut()).is_pending());
        if by_tag {
            cache.invalidate_tag("t").await.unwrap();
        } else {
            cache.remove("a").await.unwrap();
        }
        let mut new = pin!(other.call(&cache, &["b", "a"]));
        assert!(poll!(new.as_mut()).is_pending());
        let own = if by_tag { vec!["b", "a"] } else { vec!["a"] };
        assert_eq!(other.asked(), std::slice::from_ref(&own), "what was invalidated is read anew");
        one.answer(&[("a", 1), ("b", 2)]);
        old.await.unwrap();
        other.answer(&own.into_iter().map(|key| (key, 9)).collect::<Vec<_>>());
        let found = new.await.unwrap();
        assert_eq!((found["a"], found["b"]), (9, if by_tag { 9 } else { 2 }));
        assert_eq!(cache.peek::<u32>("a").unwrap(), Some(9));
    }
}

async fn a_single_call_does_not_accept_what_a_bulk_call_read_before_an_invalidation(eviction: Eviction) {
    let (cache, desk, bulk) = (cache(eviction), Desk::default(), BulkDesk::default());
    let mut old = pin!(bulk.call(&cache, &["a", "b"]));
    assert!(poll!(old.as_mut()).is_pending());
    cache.invalidate_prefix("a").await.unwrap();
    let mut new = pin!(cache.get_or_load("a", plain(), || desk.load()));
    assert!(poll!(new.as_mut()).is_pending());
    assert_eq!(desk.runs(), 1);
    bulk.answer(&[("a", 1), ("b", 2)]);
    old.await.unwrap();
    desk.answer(9);
    assert_eq!(new.await.unwrap(), 9);
    assert_eq!(cache.peek::<u32>("a").unwrap(), Some(9));
}

async fn an_adopted_bulk_load_is_overtaken_like_any_other(eviction: Eviction) {
    let (cache, bulk) = (cache(eviction), BulkDesk::default());
    let mut many = Box::pin(bulk.call(&cache, &KEYS));
    assert!(poll!(many.as_mut()).is_pending());
    drop(many);
    cache.remove("a").await.unwrap();
    bulk.answer(&ROWS);
    settle().await;
    assert_eq!(cache.peek::<u32>("a").unwrap(), None);
    assert_eq!(cache.peek::<u32>("c").unwrap(), Some(3));
}

/// Two that each lead what the other waits for would hang; the limit of waiting is thirty seconds, which no round takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn bulk_calls_over_crossing_keys_never_wait_for_each_other() {
    const ALL: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    for eviction in [Eviction::S3Fifo, Eviction::TinyLfu] {
        let cache = cache(eviction);
        let barrier = Arc::new(Barrier::new(8));
        let tasks = (0..8_usize).map(|number| {
            let (cache, barrier) = (cache.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                for round in 0..300_usize {
                    barrier.wait().await;
                    if number == 0 {
                        cache.invalidate_tag("t").fire();
                    }
                    let mut keys = ALL.to_vec();
                    keys.rotate_left((number + round) % ALL.len());
                    if number % 2 == 1 {
                        keys.reverse();
                    }
                    keys.truncate(2 + (number + round) % 5);
                    let load = |missing: Vec<&'static str>| async move {
                        tokio::task::yield_now().await;
                        Ok::<_, std::io::Error>(rows(missing))
                    };
                    let options = plain().tag("t");
                    let found = cache.get_many_or_load(keys.clone(), options, load).await.unwrap();
                    assert_eq!(found.len(), keys.len());
                }
            })
        });
        let all = futures_util::future::join_all(tasks.collect::<Vec<_>>());
        let ended = tokio::time::timeout(std::time::Duration::from_secs(120), all).await;
        ended.expect("they wait for each other").into_iter().for_each(|task| task.unwrap());
        let stats = cache.stats();
        assert_eq!((stats.wait_timeouts, stats.load_cycles), (0, 0));
        assert!(stats.joins > 0, "they met");
    }
}
