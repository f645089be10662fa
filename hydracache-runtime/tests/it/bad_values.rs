//! Values that are refused: of another type, too large, not measurable; and tokens of another cache.

use std::sync::Arc;

use hydracache_runtime::{ErrorKind, Eviction, HydraCache};

use crate::support::{assert_says, cache, plain};

over_both_stores! {
    a_read_as_another_type_names_key_and_both_types,
    a_read_as_another_type_loses_nothing,
    a_value_larger_than_an_entry_may_be_is_refused_by_a_put,
    a_value_larger_than_the_cache_is_refused_by_a_put,
    a_load_hands_out_what_is_too_large_to_store,
    a_memory_only_value_needs_a_weight_where_bytes_are_counted,
    a_token_of_another_cache_is_refused,
}

async fn a_read_as_another_type_names_key_and_both_types(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u64>("v");
    cache.put("v:k", "text".to_owned(), plain()).await.unwrap();
    let pieces = ["`v:k`", "String", "u64"];
    assert_says(cache.get::<u64>("v:k").await, ErrorKind::TypeMismatch, &pieces);
    assert_says(cache.get_arc::<u64>("v:k").await, ErrorKind::TypeMismatch, &pieces);
    assert_says(cache.peek::<u64>("v:k"), ErrorKind::TypeMismatch, &pieces);
    assert_says(cache.fetch::<u64>("v:k").await, ErrorKind::TypeMismatch, &pieces);
    assert_says(view.get("k").await, ErrorKind::TypeMismatch, &pieces);
    assert_says(view.get_arc("k").await, ErrorKind::TypeMismatch, &pieces);
    assert_says(view.peek("k"), ErrorKind::TypeMismatch, &pieces);
    assert_says(view.fetch("k").await, ErrorKind::TypeMismatch, &pieces);
}

async fn a_read_as_another_type_loses_nothing(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", "text".to_owned(), plain()).await.unwrap();
    cache.get::<u64>("k").await.unwrap_err();
    assert_eq!(cache.get::<String>("k").await.unwrap().as_deref(), Some("text"));
    let bytes = cache.get_encoded("k").await.unwrap().unwrap();
    cache.put_encoded("k", bytes, plain()).await.unwrap();
    assert_eq!(cache.get::<String>("k").await.unwrap().as_deref(), Some("text"));
    assert_says(cache.get::<u64>("k").await, ErrorKind::TypeMismatch, &["String", "u64"]);
}

fn in_bytes(eviction: Eviction) -> HydraCache {
    HydraCache::local().eviction(eviction).name("sessions").max_bytes(100_000).max_entry_bytes(2_000).build()
}

async fn a_value_larger_than_an_entry_may_be_is_refused_by_a_put(eviction: Eviction) {
    let cache = in_bytes(eviction);
    cache.put("user:42", vec![1_u8; 100], plain()).await.unwrap();
    let pieces = ["`user:42`", "`sessions`", "2000"];
    let large = || vec![2_u8; 2_000];
    assert_says(cache.put("user:42", large(), plain()).await, ErrorKind::TooLarge, &pieces);
    let token = cache.fill_token("user:42").unwrap();
    assert_says(cache.fill(&token, large(), plain()), ErrorKind::TooLarge, &pieces);
    let heavy = plain().weight(2_000);
    assert_says(cache.put("user:42", 1_u8, heavy.clone()).await, ErrorKind::TooLarge, &pieces);
    assert_says(cache.put("user:42", 1_u8, plain().weight(u32::MAX)).await, ErrorKind::TooLarge, &pieces);
    assert_eq!(cache.get::<Vec<u8>>("user:42").await.unwrap(), Some(vec![1; 100]));
    assert_eq!(cache.stats().puts, 1);
}

async fn a_value_larger_than_the_cache_is_refused_by_a_put(eviction: Eviction) {
    let cache = HydraCache::local().eviction(eviction).max_bytes(10_000).build();
    cache.put("k", vec![1_u8; 100], plain()).await.unwrap();
    assert_says(
        cache.put("k", vec![2_u8; 10_000], plain()).await,
        ErrorKind::TooLarge,
        &["`k`", "`default`"],
    );
    assert_eq!(cache.get::<Vec<u8>>("k").await.unwrap(), Some(vec![1; 100]));
}

async fn a_load_hands_out_what_is_too_large_to_store(eviction: Eviction) {
    let cache = in_bytes(eviction);
    cache.put("other", 7_u8, plain()).await.unwrap();
    let view = cache.typed::<Vec<u8>>("v");
    let large = || async { vec![2_u8; 5_000] };
    assert_eq!(cache.get_or_insert_with("v:k", plain(), large).await.unwrap(), vec![2; 5_000]);
    assert_eq!(view.get_or_insert_with("k", plain(), large).await.unwrap(), vec![2; 5_000]);
    assert!(!cache.contains_key("v:k").await);
    let stats = cache.stats();
    assert_eq!((stats.not_stored, stats.loads, stats.load_failures), (2, 2, 0));
    assert_eq!(cache.get::<u8>("other").await.unwrap(), Some(7));
}

async fn a_memory_only_value_needs_a_weight_where_bytes_are_counted(eviction: Eviction) {
    let cache = in_bytes(eviction);
    let handles = cache.typed_memory_only::<Arc<str>>("handles");
    let refused = handles.put("k", Arc::from("value"), plain()).await;
    assert_says(refused, ErrorKind::NotEncodable, &["Arc<str>", "weight"]);
    assert!(!handles.contains_key("k").await);
    handles.put("k", Arc::from("kept"), plain().weight(500)).await.unwrap();
    handles.put("k", Arc::from("value"), plain()).await.unwrap_err();
    assert_eq!(handles.get("k").await.unwrap().as_deref(), Some("kept"));
    assert!((500..1_000).contains(&cache.diagnostics().await.weight));
    let loaded = handles.get_or_insert_with("l", plain(), || async { Arc::from("loaded") });
    assert_eq!(&*loaded.await.unwrap(), "loaded", "the loader's value is handed out all the same");
    assert_eq!(cache.stats().not_stored, 1);
    assert!(!handles.contains_key("l").await);
}

async fn a_token_of_another_cache_is_refused(eviction: Eviction) {
    let (cache, other) = (cache(eviction), cache(eviction));
    cache.put("user:42", 1_u8, plain()).await.unwrap();
    let token = other.fill_token("user:42").unwrap();
    let pieces = ["`user:42`", "another cache"];
    assert_says(cache.fill(&token, 2_u8, plain()), ErrorKind::ForeignToken, &pieces);
    let bytes = cache.get_encoded("user:42").await.unwrap().unwrap();
    assert_says(cache.fill_encoded(&token, bytes, plain()), ErrorKind::ForeignToken, &pieces);
    assert_eq!(cache.get::<u8>("user:42").await.unwrap(), Some(1));
    assert_eq!((cache.stats().puts, cache.stats().refused_fills), (1, 0));
    assert!(
        cache.clone().fill(&cache.fill_token("user:42").unwrap(), 3_u8, plain()).unwrap(),
        "a clone is no other"
    );
}
