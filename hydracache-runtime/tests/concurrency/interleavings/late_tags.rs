//! Tags that a load turns out to carry once its value is known.

use std::pin::pin;

use futures_util::poll;
use hydracache_runtime::HydraCache;

use crate::support::function::{Function, declared_tag, late_tag};
use crate::support::source::Source;
use crate::support::{EVICTIONS, roomy};

/// Loads key 1 and lets `meanwhile` happen after the load read and before it returned. True if the row was stored.
async fn is_stored(cache: &HydraCache, meanwhile: impl AsyncFnOnce(&HydraCache)) -> bool {
    let (function, source) = (Function::new(cache.clone()), Source::new(1));
    let (gate, load) = source.gated();
    let mut call = pin!(function.call(1, || load));
    assert!(poll!(call.as_mut()).is_pending());
    meanwhile(cache).await;
    gate.open();
    assert_eq!(call.await, source.row(), "its own caller gets what it loaded");
    function.get(1).is_some()
}

/// Invalidates tags that nothing carries.
fn invalidate_strangers(cache: &HydraCache, count: u64) {
    for n in 0..count {
        cache.invalidate_tag(format!("stranger:{n}")).fire();
    }
}

#[tokio::test]
async fn nothing_invalidated_and_the_row_is_stored() {
    for eviction in EVICTIONS {
        assert!(is_stored(&roomy(eviction), async |_| ()).await, "{eviction:?}");
    }
}

#[tokio::test]
async fn an_absent_tag_invalidated_meanwhile_is_remembered() {
    for eviction in EVICTIONS {
        let invalidate = async |cache: &HydraCache| cache.invalidate_tag(late_tag(1)).await.unwrap();
        assert!(!is_stored(&roomy(eviction), invalidate).await, "{eviction:?}");
    }
}

#[tokio::test]
async fn an_absent_tag_is_remembered_however_many_others_follow() {
    for eviction in EVICTIONS {
        let invalidate = async |cache: &HydraCache| {
            cache.invalidate_tag(late_tag(1)).await.unwrap();
            invalidate_strangers(cache, 100_000);
        };
        assert!(!is_stored(&roomy(eviction), invalidate).await, "{eviction:?}");
    }
}

#[tokio::test]
async fn other_absent_tags_do_not_keep_a_row_out() {
    for eviction in EVICTIONS {
        // As many as one ring takes, wherever they fall, so that none of them is forgotten.
        let invalidate = async |cache: &HydraCache| invalidate_strangers(cache, 64);
        assert!(is_stored(&roomy(eviction), invalidate).await, "{eviction:?}");
    }
}

#[tokio::test]
async fn what_was_invalidated_before_the_load_began_does_not_count() {
    for eviction in EVICTIONS {
        let cache = roomy(eviction);
        cache.invalidate_tag(late_tag(1)).await.unwrap();
        invalidate_strangers(&cache, 100_000);
        assert!(is_stored(&cache, async |_| ()).await, "{eviction:?}");
    }
}

#[tokio::test]
async fn a_tag_that_another_entry_carries_counts_from_the_start_of_the_load() {
    for eviction in EVICTIONS {
        let cache = roomy(eviction);
        let options = hydracache_runtime::CacheOptions::new().tag(late_tag(1));
        cache.put("other", 1_u8, options).await.unwrap();
        let invalidate = async |cache: &HydraCache| cache.invalidate_tag(late_tag(1)).await.unwrap();
        assert!(!is_stored(&cache, invalidate).await, "{eviction:?}");
        assert_eq!(cache.get::<u8>("other").await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_tag_whose_last_entry_went_meanwhile_is_remembered() {
    for eviction in EVICTIONS {
        let cache = roomy(eviction);
        let options = hydracache_runtime::CacheOptions::new().tag(late_tag(1));
        cache.put("other", 1_u8, options).await.unwrap();
        let invalidate = async |cache: &HydraCache| {
            cache.invalidate_tag(late_tag(1)).await.unwrap();
            // The only entry of the tag goes, and what the tag knew must not go with it.
            cache.remove("other").await.unwrap();
            cache.sweep();
            assert_eq!(cache.diagnostics().await.tags, 1, "only the declared tag of the load is left");
        };
        assert!(!is_stored(&cache, invalidate).await, "{eviction:?}");
    }
}

#[tokio::test]
async fn a_stored_row_is_reached_by_either_tag() {
    for eviction in EVICTIONS {
        for tag in [declared_tag(1), late_tag(1)] {
            let cache = roomy(eviction);
            assert!(is_stored(&cache, async |_| ()).await);
            cache.invalidate_tag(&tag).await.unwrap();
            assert_eq!(Function::new(cache).get(1), None, "{tag}");
        }
    }
}

#[tokio::test]
async fn a_row_that_was_put_is_reached_by_its_late_tag() {
    for eviction in EVICTIONS {
        let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
        function.put(source.row()).await.unwrap();
        assert!(function.get(1).is_some());
        function.cache.invalidate_tag(late_tag(1)).await.unwrap();
        assert_eq!(function.get(1), None, "{eviction:?}");
    }
}
