//! What a cache tells about what it holds.

use hydracache_runtime::{CacheDiagnostics, Eviction, HydraCache};

use crate::support::{cache, plain, tagged};

over_both_stores! {
    an_empty_cache_says_so,
    entries_weight_capacity_and_tags_are_told,
    a_cache_in_bytes_tells_bytes,
    dead_entries_are_told_apart_until_they_are_swept,
    the_memory_of_an_invalidated_tag_comes_back_without_anyone_reading_it,
    diagnostics_carry_the_counters,
}

async fn an_empty_cache_says_so(eviction: Eviction) {
    let cache = HydraCache::local().eviction(eviction).name("sessions").max_capacity(77).build();
    let diagnostics = cache.diagnostics().await;
    assert!(diagnostics.is_empty());
    assert_eq!((diagnostics.name.as_str(), diagnostics.capacity), ("sessions", 77));
    assert_eq!((diagnostics.estimated_entries, diagnostics.weight, diagnostics.tags), (0, 0, 0));
    assert_eq!((diagnostics.live_entries, diagnostics.dead_entries), (0, 0));
}

async fn entries_weight_capacity_and_tags_are_told(eviction: Eviction) {
    let cache = cache(eviction);
    for n in 0..30_u32 {
        cache.put(n.to_string(), n, tagged("all").tag(format!("third:{}", n % 3))).await.unwrap();
    }
    let diagnostics = cache.diagnostics().await;
    assert!(!diagnostics.is_empty());
    assert_eq!(
        (diagnostics.estimated_entries, diagnostics.live_entries, diagnostics.dead_entries),
        (30, 30, 0)
    );
    assert_eq!(
        (diagnostics.weight, diagnostics.capacity),
        (30, 10_000),
        "an entry weighs one where they are counted"
    );
    assert_eq!(diagnostics.tags, 4);
}

async fn a_cache_in_bytes_tells_bytes(eviction: Eviction) {
    let cache = HydraCache::local().eviction(eviction).max_bytes(1_000_000).build();
    cache.put("k", vec![7_u8; 10_000], plain()).await.unwrap();
    let diagnostics = cache.diagnostics().await;
    assert_eq!((diagnostics.estimated_entries, diagnostics.capacity), (1, 1_000_000));
    assert!((10_000..11_000).contains(&diagnostics.weight), "{} bytes", diagnostics.weight);
}

/// A thread in the background sweeps as well, so the dead are looked for in several caches, one after the other;
/// it cannot be faster each time.
async fn dead_entries_are_told_apart_until_they_are_swept(eviction: Eviction) {
    let mut seen = false;
    for _ in 0..50 {
        let cache = cache(eviction);
        for n in 0..50_u32 {
            cache.put(n.to_string(), n, tagged(if n < 20 { "a" } else { "b" })).await.unwrap();
        }
        cache.invalidate_tag("a").await.unwrap();
        let before = cache.diagnostics().await;
        assert_eq!(before.live_entries, 30);
        let swept = cache.sweep();
        let after = cache.diagnostics().await;
        assert_eq!((after.live_entries, after.dead_entries, after.estimated_entries), (30, 0, 30));
        assert_eq!(after.weight, 30);
        seen |= (before.dead_entries, before.estimated_entries, swept) == (20, 50, 20);
    }
    assert!(seen, "dead entries were never told apart from live ones");
}

/// The sweeper works on the real clock, so this waits for what it does, not for a time.
async fn the_memory_of_an_invalidated_tag_comes_back_without_anyone_reading_it(eviction: Eviction) {
    let cache = cache(eviction);
    let value = std::sync::Arc::new(());
    let values = cache.typed_memory_only::<std::sync::Arc<()>>("v");
    for n in 0..100 {
        values.put(n.to_string(), std::sync::Arc::clone(&value), tagged("t")).await.unwrap();
    }
    cache.invalidate_tag("t").await.unwrap();
    let began = std::time::Instant::now();
    while std::sync::Arc::strong_count(&value) > 1 {
        let left = std::sync::Arc::strong_count(&value) - 1;
        assert!(began.elapsed().as_secs() < 10, "{left} of 100 values never went");
        std::thread::yield_now();
    }
    assert_eq!(cache.diagnostics().await.estimated_entries, 0);
}

async fn diagnostics_carry_the_counters(eviction: Eviction) {
    let cache = cache(eviction);
    cache.get_or_insert_with("k", plain(), || async { 1_u8 }).await.unwrap();
    for _ in 0..3 {
        cache.get::<u8>("k").await.unwrap();
    }
    let diagnostics: CacheDiagnostics = cache.diagnostics().await;
    assert_eq!(diagnostics.stats, cache.stats());
    assert_eq!((diagnostics.total_requests(), diagnostics.hit_ratio()), (4, Some(0.75)));
    assert!(!diagnostics.has_single_flight_activity());
    assert!(!diagnostics.has_stale_load_discards());
}
