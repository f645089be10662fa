//! Caches bounded in bytes: what an entry weighs, and that the sum stays within the bound.

use hydracache_runtime::{Eviction, HydraCache};

use crate::support::plain;

over_both_stores! {
    the_weight_counts_the_value_the_key_and_the_tags,
    a_given_weight_counts_instead_of_the_encoded_size,
    the_bound_is_kept_and_what_left_is_counted,
    stored_bytes_weigh_what_they_take,
    a_replaced_entry_no_longer_weighs,
    an_entry_may_take_most_of_a_small_cache,
}

fn in_bytes(eviction: Eviction, bytes: u64) -> HydraCache {
    HydraCache::local().eviction(eviction).max_bytes(bytes).build()
}

/// The weight of a cache that holds this one entry.
async fn weight_of(eviction: Eviction, key: &str, value: Vec<u8>, tags: &[String]) -> u64 {
    let cache = in_bytes(eviction, 1_000_000);
    cache.put(key, value, plain().tags(tags)).await.unwrap();
    cache.diagnostics().await.weight
}

async fn the_weight_counts_the_value_the_key_and_the_tags(eviction: Eviction) {
    let bare = weight_of(eviction, "k", vec![], &[]).await;
    assert!((1..1_000).contains(&bare), "bookkeeping of {bare} bytes");
    let longer = weight_of(eviction, &"k".repeat(501), vec![], &[]).await;
    assert_eq!(longer - bare, 500, "the key");
    let larger = weight_of(eviction, "k", vec![0; 10_000], &[]).await;
    assert!((10_000..10_020).contains(&(larger - bare)), "the value");
    let tagged = weight_of(eviction, "k", vec![], &["t".repeat(200), "u".repeat(100)]).await;
    assert!((300..500).contains(&(tagged - bare)), "the tags");
}

async fn a_given_weight_counts_instead_of_the_encoded_size(eviction: Eviction) {
    let cache = in_bytes(eviction, 1_000_000);
    cache.put("k", vec![0_u8; 10_000], plain().weight(50)).await.unwrap();
    let light = cache.diagnostics().await.weight;
    assert!((50..1_000).contains(&light), "{light} bytes");
    cache.get_or_insert_with("l", plain().weight(20_000), || async { 1_u8 }).await.unwrap();
    let both = cache.diagnostics().await.weight;
    assert!((20_000..21_000).contains(&(both - light)), "{both} bytes");
}

async fn the_bound_is_kept_and_what_left_is_counted(eviction: Eviction) {
    let cache = in_bytes(eviction, 200_000);
    for n in 0..1_000_u32 {
        cache.put(n.to_string(), vec![0_u8; 1_000], plain()).await.unwrap();
    }
    let diagnostics = cache.diagnostics().await;
    assert!(diagnostics.weight <= 200_000, "{} bytes", diagnostics.weight);
    assert!(diagnostics.weight >= 100_000, "only {} of 200,000 bytes are used", diagnostics.weight);
    assert_eq!(diagnostics.stats.evictions + diagnostics.estimated_entries, 1_000);
}

async fn stored_bytes_weigh_what_they_take(eviction: Eviction) {
    let cache = in_bytes(eviction, 1_000_000);
    cache.put("source", vec![0_u8; 30_000], plain()).await.unwrap();
    let bytes = cache.get_encoded("source").await.unwrap().unwrap();
    cache.remove("source").await.unwrap();
    cache.put_encoded("k", bytes, plain()).await.unwrap();
    let weight = cache.diagnostics().await.weight;
    assert!((30_000..31_000).contains(&weight), "{weight} bytes");
}

async fn a_replaced_entry_no_longer_weighs(eviction: Eviction) {
    let cache = in_bytes(eviction, 1_000_000);
    for _ in 0..50 {
        cache.put("k", vec![0_u8; 100_000], plain()).await.unwrap();
    }
    cache.put("k", vec![0_u8; 1_000], plain()).await.unwrap();
    let diagnostics = cache.diagnostics().await;
    assert!(diagnostics.weight < 2_000, "{} bytes", diagnostics.weight);
    assert_eq!((diagnostics.estimated_entries, diagnostics.stats.evictions), (1, 0));
}

async fn an_entry_may_take_most_of_a_small_cache(eviction: Eviction) {
    let cache = in_bytes(eviction, 1_000_000);
    cache.put("k", vec![0_u8; 900_000], plain()).await.unwrap();
    assert_eq!(cache.get::<Vec<u8>>("k").await.unwrap().map(|value| value.len()), Some(900_000));
}
