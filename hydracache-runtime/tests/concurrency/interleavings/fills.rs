//! What a fill token proves: that nothing happened to the key or its tags since the source was read.

use std::pin::pin;

use futures_util::poll;
use hydracache_runtime::{CacheOptions, ErrorKind, Eviction, HydraCache};

use super::tagged;
use crate::support::source::{Row, Source};
use crate::support::{EVICTIONS, roomy};

/// Fills `k` with what was read before `meanwhile`; says whether it was stored, and what a read finds then.
async fn fill(eviction: Eviction, meanwhile: impl AsyncFnOnce(&HydraCache)) -> (bool, Option<u64>) {
    let cache = roomy(eviction);
    let token = cache.fill_token("k").unwrap();
    let read = Source::new(1).row();
    meanwhile(&cache).await;
    let stored = cache.fill(&token, read, tagged()).unwrap();
    let stats = cache.stats();
    assert_eq!(stats.refused_fills, u64::from(!stored), "a refusal is counted");
    (stored, cache.get::<Row>("k").await.unwrap().map(|row| row.version))
}

const NEW: Row = Row { key: 1, version: 9 };

#[tokio::test]
async fn a_fill_is_stored_when_nothing_happened() {
    for eviction in EVICTIONS {
        assert_eq!(fill(eviction, async |_| ()).await, (true, Some(0)));
    }
}

#[tokio::test]
async fn a_fill_is_refused_when_the_key_was_written() {
    for eviction in EVICTIONS {
        let removed = async |cache: &HydraCache| cache.remove("k").await.map(drop).unwrap();
        assert_eq!(fill(eviction, removed).await, (false, None));
        let expired = async |cache: &HydraCache| cache.expire_key("k").await.map(drop).unwrap();
        assert_eq!(fill(eviction, expired).await, (false, None));
        let put = async |cache: &HydraCache| cache.put("k", NEW, CacheOptions::new()).await.unwrap();
        assert_eq!(fill(eviction, put).await, (false, Some(9)), "what was put stays");
    }
}

#[tokio::test]
async fn a_fill_is_refused_when_what_it_depends_on_was_invalidated() {
    for eviction in EVICTIONS {
        let tag = async |cache: &HydraCache| cache.invalidate_tag(super::TAG).await.unwrap();
        assert_eq!(fill(eviction, tag).await, (false, None), "a tag that nothing carried");
        let carried = async |cache: &HydraCache| {
            cache.put("other", 1_u8, tagged()).await.unwrap();
            cache.invalidate_tag(super::TAG).await.unwrap();
        };
        assert_eq!(fill(eviction, carried).await, (false, None), "a tag that an entry carries");
        let forgotten = async |cache: &HydraCache| {
            cache.invalidate_tag(super::TAG).await.unwrap();
            for n in 0..100_000 {
                cache.invalidate_tag(format!("stranger:{n}")).fire();
            }
        };
        assert_eq!(fill(eviction, forgotten).await, (false, None), "a tag that others pushed out");
        let flush = async |cache: &HydraCache| cache.flush().await.unwrap();
        assert_eq!(fill(eviction, flush).await, (false, None));
    }
}

#[tokio::test]
async fn a_fill_is_refused_while_the_key_is_loaded() {
    for eviction in EVICTIONS {
        let cache = roomy(eviction);
        let source = Source::new(1);
        let (gate, load) = source.gated();
        let mut loading = pin!(cache.get_or_insert_with("k", tagged(), || load));
        assert!(poll!(loading.as_mut()).is_pending());
        let token = cache.fill_token("k").unwrap();
        assert!(!cache.fill(&token, NEW, tagged()).unwrap(), "{eviction:?}");
        gate.open();
        let row = loading.await.unwrap();
        assert_eq!(cache.get("k").await.unwrap(), Some(row), "{eviction:?}");
        assert!(!row.eq(&NEW));
        let token = cache.fill_token("k").unwrap();
        assert!(cache.fill(&token, NEW, tagged()).unwrap(), "{eviction:?}: the load has ended");
    }
}

#[tokio::test]
async fn a_fill_does_not_replace_what_a_later_load_stored() {
    for eviction in EVICTIONS {
        let (cache, source) = (roomy(eviction), Source::new(1));
        let token = cache.fill_token("k").unwrap();
        let read = source.row();
        source.raise();
        // Invalidations of other keys' tags are what separates the token from the load in time.
        cache.invalidate_tag("others").await.unwrap();
        let loaded = cache.get_or_insert_with("k", tagged(), || source.load()).await.unwrap();
        assert!(!cache.fill(&token, read, tagged()).unwrap(), "{eviction:?}");
        assert_eq!(cache.get("k").await.unwrap(), Some(loaded), "{eviction:?}");
    }
}

#[tokio::test]
async fn what_happened_before_the_token_does_not_count() {
    for eviction in EVICTIONS {
        let cache = roomy(eviction);
        cache.put("k", NEW, tagged()).await.unwrap();
        cache.remove("k").await.unwrap();
        cache.invalidate_tag(super::TAG).await.unwrap();
        cache.flush().await.unwrap();
        let token = cache.fill_token("k").unwrap();
        assert!(cache.fill(&token, NEW, tagged()).unwrap(), "{eviction:?}");
        assert_eq!(cache.get("k").await.unwrap(), Some(NEW), "{eviction:?}");
    }
}

#[tokio::test]
async fn what_does_not_concern_the_key_does_not_count() {
    for eviction in EVICTIONS {
        let tag = async |cache: &HydraCache| cache.invalidate_tag("others").await.unwrap();
        assert_eq!(fill(eviction, tag).await, (true, Some(0)));
        let namespace = async |cache: &HydraCache| cache.invalidate_namespace("others").await.unwrap();
        assert_eq!(fill(eviction, namespace).await, (true, Some(0)));
    }
}

#[tokio::test]
async fn a_filled_entry_is_reached_by_what_comes_later() {
    for eviction in EVICTIONS {
        let cache = roomy(eviction);
        for invalidate in [HydraCache::flush, |cache: &HydraCache| cache.invalidate_tag(super::TAG)] {
            let token = cache.fill_token("k").unwrap();
            assert!(cache.fill(&token, NEW, tagged()).unwrap());
            invalidate(&cache).await.unwrap();
            assert_eq!(cache.get::<Row>("k").await.unwrap(), None, "{eviction:?}");
        }
    }
}

#[tokio::test]
async fn bytes_are_filled_by_the_same_rules() {
    for eviction in EVICTIONS {
        let cache = roomy(eviction);
        cache.put("k", NEW, tagged()).await.unwrap();
        let bytes = cache.get_encoded("k").await.unwrap().unwrap();
        cache.remove("k").await.unwrap();

        let token = cache.fill_token("k").unwrap();
        assert!(cache.fill_encoded(&token, bytes.clone(), tagged()).unwrap());
        assert_eq!(cache.get("k").await.unwrap(), Some(NEW), "{eviction:?}");

        let token = cache.fill_token("k").unwrap();
        cache.remove("k").await.unwrap();
        assert!(!cache.fill_encoded(&token, bytes, tagged()).unwrap());
        assert_eq!(cache.get::<Row>("k").await.unwrap(), None, "{eviction:?}");
    }
}

#[tokio::test]
async fn a_token_of_another_cache_is_an_error() {
    let (one, other) = (roomy(Eviction::S3Fifo), roomy(Eviction::S3Fifo));
    let token = one.fill_token("k").unwrap();
    let error = other.fill(&token, NEW, tagged()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignToken);
    assert_eq!(other.get::<Row>("k").await.unwrap(), None);
}
