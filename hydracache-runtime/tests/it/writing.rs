//! Writes to one key: `put`, `remove`, `invalidate_key`, `expire_key`, and what they return.

use hydracache_runtime::{Eviction, HydraCache};

use crate::support::{cache, plain};

over_both_stores! {
    a_put_replaces_the_value_its_type_and_its_options,
    a_removed_key_is_gone_and_says_whether_it_was_there,
    an_expired_key_is_gone_and_says_whether_it_was_there,
    a_write_is_applied_when_it_is_called,
    a_key_can_be_written_again_after_each_way_to_end_it,
}

async fn a_put_replaces_the_value_its_type_and_its_options(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, plain().tag("old")).await.unwrap();
    cache.put("k", "two".to_owned(), plain().tag("new")).await.unwrap();
    cache.invalidate_tag("old").await.unwrap();
    assert_eq!(cache.get::<String>("k").await.unwrap().as_deref(), Some("two"), "tags were replaced too");
    cache.invalidate_tag("new").await.unwrap();
    assert_eq!(cache.get::<String>("k").await.unwrap(), None);
}

async fn a_removed_key_is_gone_and_says_whether_it_was_there(eviction: Eviction) {
    let cache = cache(eviction);
    for key in ["k", "l"] {
        cache.put(key, 1_u8, plain()).await.unwrap();
    }
    assert!(cache.remove("k").await.unwrap());
    assert!(!cache.remove("k").await.unwrap());
    assert!(cache.invalidate_key("l").await.unwrap());
    assert!(!cache.invalidate_key("l").await.unwrap());
    assert!(!cache.contains_key("k").await && !cache.contains_key("l").await);
}

async fn an_expired_key_is_gone_and_says_whether_it_was_there(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, plain()).await.unwrap();
    cache.put("l", 2_u8, plain()).await.unwrap();
    assert!(cache.expire_key("k").await.unwrap());
    assert!(!cache.expire_key("k").await.unwrap(), "a read would not have found it any more");
    assert!(!cache.expire_key("absent").await.unwrap());
    assert_eq!(cache.get::<u8>("k").await.unwrap(), None);
    assert!(!cache.contains_key("k").await);
    assert_eq!(cache.get::<u8>("l").await.unwrap(), Some(2));
    assert!(!cache.remove("k").await.unwrap(), "an expired entry was not there for a read");
}

/// What is returned is awaited for what lies beyond this process only; dropping it undoes nothing.
async fn a_write_is_applied_when_it_is_called(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, plain()).fire();
    assert_eq!(cache.peek::<u8>("k").unwrap(), Some(1));
    drop(cache.put("k", 2_u8, plain()));
    assert_eq!(cache.peek::<u8>("k").unwrap(), Some(2));
    assert!(cache.remove("k").local().unwrap());
    assert_eq!(cache.peek::<u8>("k").unwrap(), None);
    cache.put("k", 3_u8, plain()).fire();
    cache.flush().fire();
    assert_eq!(cache.peek::<u8>("k").unwrap(), None);
}

async fn a_key_can_be_written_again_after_each_way_to_end_it(eviction: Eviction) {
    type End = fn(&HydraCache);
    let ends: [(&str, End); 4] = [
        ("remove", |cache| cache.remove("k").fire()),
        ("expire_key", |cache| cache.expire_key("k").fire()),
        ("invalidate_tag", |cache| cache.invalidate_tag("t").fire()),
        ("flush", |cache| cache.flush().fire()),
    ];
    let cache = cache(eviction);
    for (number, (name, end)) in ends.into_iter().enumerate() {
        cache.put("k", number, plain().tag("t")).await.unwrap();
        assert_eq!(cache.get::<usize>("k").await.unwrap(), Some(number), "before `{name}`");
        end(&cache);
        assert_eq!(cache.get::<usize>("k").await.unwrap(), None, "after `{name}`");
    }
}
