//! The ways to read: `get`, `get_arc`, `peek`, `fetch`, `contains_key`.

use std::sync::Arc;

use hydracache_runtime::{CacheKeyBuilder, Eviction, Source};

use crate::support::{cache, plain, seconds, timed};

over_both_stores! {
    a_put_value_is_read_in_every_way,
    an_absent_key_reads_as_nothing_in_every_way,
    get_arc_hands_out_one_shared_value,
    fetch_tells_source_and_age,
    age_of_a_loaded_value_counts_from_the_start_of_its_load,
    a_built_key_and_its_text_name_one_entry,
    a_clone_is_another_handle_to_the_same_cache,
    different_keys_and_types_live_side_by_side,
}

async fn a_put_value_is_read_in_every_way(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", "Ada".to_owned(), plain()).await.unwrap();
    assert_eq!(cache.get::<String>("k").await.unwrap().as_deref(), Some("Ada"));
    assert_eq!(cache.get_arc::<String>("k").await.unwrap().as_deref().map(String::as_str), Some("Ada"));
    assert_eq!(cache.peek::<String>("k").unwrap().as_deref(), Some("Ada"));
    assert_eq!(cache.fetch::<String>("k").await.unwrap().unwrap().value, "Ada");
    assert!(cache.contains_key("k").await);
}

async fn an_absent_key_reads_as_nothing_in_every_way(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("other", 1_u8, plain()).await.unwrap();
    assert_eq!(cache.get::<u8>("k").await.unwrap(), None);
    assert_eq!(cache.get_arc::<u8>("k").await.unwrap(), None);
    assert_eq!(cache.peek::<u8>("k").unwrap(), None);
    assert_eq!(cache.fetch::<u8>("k").await.unwrap(), None);
    assert_eq!(cache.get_encoded("k").await.unwrap(), None);
    assert!(!cache.contains_key("k").await);
}

async fn get_arc_hands_out_one_shared_value(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", vec![1_u8; 64], plain()).await.unwrap();
    let one = cache.get_arc::<Vec<u8>>("k").await.unwrap().unwrap();
    let other = cache.get_arc::<Vec<u8>>("k").await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&one, &other), "the value was cloned");
    cache.remove("k").await.unwrap();
    assert_eq!(*one, vec![1_u8; 64], "what was handed out outlives its entry");
}

async fn fetch_tells_source_and_age(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    cache.put("k", 7_u32, plain()).await.unwrap();
    let fresh = cache.fetch::<u32>("k").await.unwrap().unwrap();
    assert_eq!((fresh.value, fresh.source, fresh.age), (7, Source::Hit, seconds(0)));
    clock.advance(seconds(90));
    let older = cache.fetch::<u32>("k").await.unwrap().unwrap();
    assert_eq!((older.value, older.source, older.age), (7, Source::Hit, seconds(90)));
    cache.put("k", 8_u32, plain()).await.unwrap();
    assert_eq!(cache.fetch::<u32>("k").await.unwrap().unwrap().age, seconds(0), "a put begins anew");
}

async fn age_of_a_loaded_value_counts_from_the_start_of_its_load(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    let slow = {
        let clock = clock.clone();
        move || async move {
            clock.advance(seconds(5));
            1_u8
        }
    };
    assert_eq!(cache.get_or_insert_with("k", plain(), slow).await.unwrap(), 1);
    clock.advance(seconds(2));
    assert_eq!(cache.fetch::<u8>("k").await.unwrap().unwrap().age, seconds(7));
}

async fn a_built_key_and_its_text_name_one_entry(eviction: Eviction) {
    let cache = cache(eviction);
    let key = CacheKeyBuilder::new().entity("user", 42).build();
    cache.put(&key, 1_u8, plain()).await.unwrap();
    assert_eq!(cache.get::<u8>("user:42").await.unwrap(), Some(1));
    assert_eq!(cache.get::<u8>(String::from(key)).await.unwrap(), Some(1));
}

async fn a_clone_is_another_handle_to_the_same_cache(eviction: Eviction) {
    let cache = cache(eviction);
    let handle = cache.clone();
    cache.put("k", 1_u8, plain()).await.unwrap();
    assert_eq!(handle.get::<u8>("k").await.unwrap(), Some(1));
    handle.remove("k").await.unwrap();
    assert_eq!(cache.get::<u8>("k").await.unwrap(), None);
}

async fn different_keys_and_types_live_side_by_side(eviction: Eviction) {
    let cache = cache(eviction);
    for n in 0..500_u64 {
        cache.put(format!("n:{n}"), n, plain()).await.unwrap();
        cache.put(format!("t:{n}"), n.to_string(), plain()).await.unwrap();
    }
    for n in 0..500_u64 {
        assert_eq!(cache.get::<u64>(format!("n:{n}")).await.unwrap(), Some(n));
        assert_eq!(cache.get::<String>(format!("t:{n}")).await.unwrap(), Some(n.to_string()));
    }
}
