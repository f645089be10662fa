//! Schedules in which a bug shows each time.

use std::pin::pin;

use futures_util::poll;
use hydracache_runtime::{CacheOptions, HydraCache, PlantedBug};

use crate::must_go_red;
use crate::support::function::{Function, late_tag};
use crate::support::joiner::masked_invalidation;
use crate::support::source::{Row, Source};
use crate::support::{EVICTIONS, roomy};

/// The bugs that a test of this file notices.
pub(crate) const COVERED: &[PlantedBug] = &[
    PlantedBug::NoFence,
    PlantedBug::NoStampCheck,
    PlantedBug::NoFloor,
    PlantedBug::JoinerChecksArrival,
    PlantedBug::FillWithoutToken,
    PlantedBug::ExpireDoesNotBump,
];

/// Plays a schedule over each store and counts how often it says that something stale was served.
fn stale(schedule: impl AsyncFn(HydraCache) -> bool) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    EVICTIONS.into_iter().map(|eviction| u64::from(runtime.block_on(schedule(roomy(eviction))))).sum()
}

/// A load reads, `meanwhile` happens to its row, and the load returns. True if a later read returns the old row.
async fn overtaken(cache: HydraCache, meanwhile: impl AsyncFnOnce(&Function)) -> bool {
    let (function, source) = (Function::new(cache), Source::new(1));
    let (gate, load) = source.gated();
    let mut call = pin!(function.call(1, || load));
    assert!(poll!(call.as_mut()).is_pending());
    source.raise();
    meanwhile(&function).await;
    gate.open();
    call.await;
    function.get(1).is_some_and(|row| row.version == 0)
}

#[test]
fn a_commit_without_the_fence_stores_what_a_remove_overtook() {
    must_go_red(PlantedBug::NoFence, || {
        stale(async |cache| {
            overtaken(cache, async |function| function.invalidate(1).await.map(drop).unwrap()).await
        })
    });
}

#[test]
fn a_commit_without_the_fence_overwrites_what_was_put() {
    must_go_red(PlantedBug::NoFence, || {
        stale(async |cache| {
            let put = async |function: &Function| function.put(Row { key: 1, version: 1 }).await.unwrap();
            overtaken(cache, put).await
        })
    });
}

#[test]
fn an_expiry_that_does_not_raise_the_epoch_lets_a_stale_load_commit() {
    must_go_red(PlantedBug::ExpireDoesNotBump, || {
        stale(async |cache| {
            overtaken(cache, async |function| function.expire(1).await.map(drop).unwrap()).await
        })
    });
}

#[test]
fn a_read_without_the_comparison_of_stamps_serves_what_its_tag_invalidated() {
    must_go_red(PlantedBug::NoStampCheck, || {
        stale(async |cache| {
            cache.put("k", 1_u8, CacheOptions::new().tag("t")).await.unwrap();
            cache.invalidate_tag("t").await.unwrap();
            cache.get::<u8>("k").await.unwrap().is_some()
        })
    });
}

#[test]
fn a_cell_born_without_memory_lets_a_late_tag_pass() {
    must_go_red(PlantedBug::NoFloor, || {
        stale(async |cache| {
            let invalidate = async |function: &Function| {
                function.cache.invalidate_tag(late_tag(1)).await.unwrap();
            };
            overtaken(cache, invalidate).await
        })
    });
}

#[test]
fn a_cell_born_without_memory_lets_a_late_tag_pass_that_others_pushed_out() {
    must_go_red(PlantedBug::NoFloor, || {
        stale(async |cache| {
            let invalidate = async |function: &Function| {
                function.cache.invalidate_tag(late_tag(1)).await.unwrap();
                for n in 0..100_000 {
                    function.cache.invalidate_tag(format!("stranger:{n}")).fire();
                }
            };
            overtaken(cache, invalidate).await
        })
    });
}

#[test]
fn a_joiner_that_compares_with_its_arrival_is_deceived_by_a_later_invalidation() {
    must_go_red(PlantedBug::JoinerChecksArrival, || {
        stale(async |cache| {
            let masked = masked_invalidation(&cache).await;
            masked.joiner.version < masked.acknowledged
        })
    });
}

#[test]
fn a_fill_without_its_token_stores_what_a_remove_overtook() {
    must_go_red(PlantedBug::FillWithoutToken, || {
        stale(async |cache| {
            let token = cache.fill_token("k").unwrap();
            cache.remove("k").await.unwrap();
            cache.fill(&token, 1_u8, CacheOptions::new()).unwrap();
            cache.get::<u8>("k").await.unwrap().is_some()
        })
    });
}

#[test]
fn a_fill_without_its_token_stores_what_a_tag_overtook() {
    must_go_red(PlantedBug::FillWithoutToken, || {
        stale(async |cache| {
            let token = cache.fill_token("k").unwrap();
            cache.invalidate_tag("t").await.unwrap();
            cache.fill(&token, 1_u8, CacheOptions::new().tag("t")).unwrap();
            cache.get::<u8>("k").await.unwrap().is_some()
        })
    });
}
