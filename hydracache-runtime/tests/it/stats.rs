//! The counters: each is raised by exactly what its documentation says, and by nothing else.

use hydracache_runtime::{CacheStats, Eviction, HydraCache};

use crate::support::{cache, plain, seconds, tagged, timed};

over_both_stores! {
    a_new_cache_has_counted_nothing,
    each_way_to_read_counts_one_hit_or_one_miss,
    looking_without_reading_counts_no_request,
    an_expired_or_invalidated_entry_is_a_miss,
    writes_are_counted_when_they_store,
    fills_are_counted_as_stored_or_refused,
    invalidations_are_counted_by_kind,
    a_read_of_another_type_is_classified_like_every_read,
    requests_are_the_sum_of_hits_misses_and_joins,
}

/// Asserts that a cache counted what `expect` sets, and nothing else.
#[track_caller]
pub(crate) fn assert_counted(cache: &HydraCache, expect: impl FnOnce(&mut CacheStats)) {
    let mut expected = CacheStats::default();
    expect(&mut expected);
    assert_eq!(cache.stats(), expected);
}

async fn a_new_cache_has_counted_nothing(eviction: Eviction) {
    let cache = cache(eviction);
    assert_counted(&cache, |_| ());
    assert_eq!(cache.stats().requests(), 0);
    assert_eq!(cache.stats().hit_ratio(), None);
    assert!(cache.stats().is_empty());
}

async fn each_way_to_read_counts_one_hit_or_one_miss(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("v");
    for found in [false, true] {
        if found {
            cache.put("v:k", 1_u8, plain()).await.unwrap();
        }
        assert_eq!(cache.get::<u8>("v:k").await.unwrap().is_some(), found);
        assert_eq!(cache.get_arc::<u8>("v:k").await.unwrap().is_some(), found);
        assert_eq!(cache.fetch::<u8>("v:k").await.unwrap().is_some(), found);
        assert_eq!(cache.get_encoded("v:k").await.unwrap().is_some(), found);
        assert_eq!(view.get("k").await.unwrap().is_some(), found);
        assert_eq!(view.get_arc("k").await.unwrap().is_some(), found);
        assert_eq!(view.fetch("k").await.unwrap().is_some(), found);
        assert_counted(&cache, |stats| {
            stats.misses = 7;
            stats.hits = if found { 7 } else { 0 };
            stats.puts = u64::from(found);
        });
    }
    cache.get_or_insert_with("v:k", plain(), || async { 2_u8 }).await.unwrap();
    view.get_or_insert_with("k", plain(), || async { 2 }).await.unwrap();
    assert_eq!((cache.stats().hits, cache.stats().misses, cache.stats().loads), (9, 7, 0));
}

async fn looking_without_reading_counts_no_request(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("v");
    cache.put("v:k", 1_u8, plain()).await.unwrap();
    for key in ["k", "absent"] {
        cache.peek::<u8>(format!("v:{key}")).unwrap();
        cache.contains_key(format!("v:{key}")).await;
        view.peek(key).unwrap();
        view.contains_key(key).await;
        drop(cache.fill_token(key).unwrap());
    }
    cache.diagnostics().await;
    cache.sweep();
    assert_counted(&cache, |stats| stats.puts = 1);
}

async fn an_expired_or_invalidated_entry_is_a_miss(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    cache.put("expired", 1_u8, plain().ttl(seconds(1))).await.unwrap();
    cache.put("tagged", 1_u8, tagged("t")).await.unwrap();
    cache.put("ended", 1_u8, plain()).await.unwrap();
    clock.advance(seconds(1));
    cache.invalidate_tag("t").await.unwrap();
    cache.expire_key("ended").await.unwrap();
    for key in ["expired", "tagged", "ended"] {
        assert_eq!(cache.get::<u8>(key).await.unwrap(), None);
    }
    assert_counted(&cache, |stats| {
        stats.misses = 3;
        stats.puts = 3;
        stats.tag_invalidations = 1;
        stats.key_invalidations = 1;
    });
}

async fn writes_are_counted_when_they_store(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, plain()).await.unwrap();
    cache.put("k", 2_u8, plain()).await.unwrap();
    cache.typed::<u8>("v").put("k", 3, plain()).await.unwrap();
    let bytes = cache.get_encoded("k").await.unwrap().unwrap();
    cache.put_encoded("l", bytes, plain()).await.unwrap();
    cache.put("k", 4_u8, plain().ttl(seconds(0))).await.unwrap_err();
    cache.put("x".repeat(2_000), 5_u8, plain()).await.unwrap_err();
    cache.put_encoded("k", "damaged", plain()).await.unwrap_err();
    assert_counted(&cache, |stats| {
        stats.hits = 1;
        stats.puts = 4;
    });
}

async fn fills_are_counted_as_stored_or_refused(eviction: Eviction) {
    let cache = cache(eviction);
    let token = cache.fill_token("k").unwrap();
    assert!(cache.fill(&token, 1_u8, tagged("t")).unwrap());
    cache.invalidate_tag("t").await.unwrap();
    assert!(!cache.fill(&token, 1_u8, tagged("t")).unwrap());
    let bytes = hydracache_runtime::HydraCache::local().build();
    bytes.put("k", 1_u8, plain()).await.unwrap();
    let bytes = bytes.get_encoded("k").await.unwrap().unwrap();
    assert!(!cache.fill_encoded(&token, bytes.clone(), tagged("t")).unwrap());
    assert!(cache.fill_encoded(&cache.fill_token("k").unwrap(), bytes, tagged("t")).unwrap());
    cache.fill(&token, 1_u8, plain().ttl(seconds(0))).unwrap_err();
    assert_counted(&cache, |stats| {
        stats.puts = 2;
        stats.refused_fills = 2;
        stats.tag_invalidations = 1;
    });
}

async fn invalidations_are_counted_by_kind(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u8>("v");
    for key in ["a", "b", "c", "v:d", "v:e", "v:f"] {
        cache.put(key, 1_u8, plain()).await.unwrap();
    }
    cache.remove("a").await.unwrap();
    cache.invalidate_key("b").await.unwrap();
    cache.expire_key("c").await.unwrap();
    view.remove("d").await.unwrap();
    view.invalidate_key("e").await.unwrap();
    view.expire_key("f").await.unwrap();
    assert_eq!(cache.stats().key_invalidations, 6);
    cache.invalidate_tag("t").await.unwrap();
    cache.invalidate_tags(["t", "u"]).await.unwrap();
    view.invalidate_tag("t").await.unwrap();
    assert_eq!(cache.stats().tag_invalidations, 4);
    cache.invalidate_namespace("v").await.unwrap();
    view.clear().await.unwrap();
    cache.flush().await.unwrap();
    assert_counted(&cache, |stats| {
        stats.puts = 6;
        stats.key_invalidations = 6;
        stats.tag_invalidations = 4;
        stats.namespace_invalidations = 2;
        stats.flushes = 1;
    });
}

/// "Every call that reads is classified once, as a hit, a miss or a join": the type it asks for changes nothing.
async fn a_read_of_another_type_is_classified_like_every_read(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, plain()).await.unwrap();
    cache.get::<String>("k").await.unwrap_err();
    assert_eq!(cache.stats().type_mismatches, 1);
    assert_eq!(cache.stats().requests(), 1);
    cache.get_arc::<String>("k").await.unwrap_err();
    cache.fetch::<String>("k").await.unwrap_err();
    assert_eq!(cache.stats().type_mismatches, 3);
    assert_eq!(cache.stats().requests(), 3);
}

async fn requests_are_the_sum_of_hits_misses_and_joins(eviction: Eviction) {
    let cache = cache(eviction);
    cache.get::<u8>("k").await.unwrap();
    let pair = [1_u8, 2].map(|value| {
        cache.get_or_insert_with("k", plain(), move || async move {
            tokio::task::yield_now().await;
            value
        })
    });
    futures_util::future::join_all(pair).await;
    cache.get::<u8>("k").await.unwrap();
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.misses, stats.joins), (1, 2, 1));
    assert_eq!(stats.requests(), 4);
    assert_eq!(stats.hit_ratio(), Some(0.25));
}
