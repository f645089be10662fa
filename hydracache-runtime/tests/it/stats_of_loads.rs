//! The counters of loads: how each load ended, and how those who waited for it fared.

use std::io;

use futures_util::FutureExt;
use futures_util::future::{join, join3};
use hydracache_runtime::{ErrorKind, Eviction, HydraCache};
use tokio::sync::oneshot;

use crate::stats::assert_counted;
use crate::support::{cache, plain, tagged};

over_both_stores! {
    a_load_counts_a_miss_and_a_run,
    a_failed_load_is_counted,
    those_who_wait_are_counted_as_joins,
    a_value_that_was_overtaken_is_counted_as_discarded,
    a_caller_that_does_not_accept_what_it_waited_for_is_counted,
    a_load_that_would_wait_for_itself_is_counted,
    a_load_whose_caller_went_away_goes_on_and_is_counted_as_adopted,
    a_value_of_another_type_is_reloaded_and_counted,
    a_value_too_large_to_be_stored_is_counted,
    bytes_of_another_type_are_counted_and_loaded_anew,
}

async fn a_load_counts_a_miss_and_a_run(eviction: Eviction) {
    let cache = cache(eviction);
    for _ in 0..3 {
        cache.get_or_insert_with("k", plain(), || async { 1_u8 }).await.unwrap();
    }
    assert_counted(&cache, |stats| {
        stats.hits = 2;
        stats.misses = 1;
        stats.loads = 1;
    });
}

async fn a_failed_load_is_counted(eviction: Eviction) {
    let cache = cache(eviction);
    let failing = || async { Err::<u8, _>(io::Error::other("down")) };
    cache.get_or_load("k", plain(), failing).await.unwrap_err();
    cache.get_or_load("k", plain(), failing).await.unwrap_err();
    assert_counted(&cache, |stats| {
        stats.misses = 2;
        stats.loads = 2;
        stats.load_failures = 2;
    });
}

async fn those_who_wait_are_counted_as_joins(eviction: Eviction) {
    let cache = cache(eviction);
    let (tell, told) = oneshot::channel::<u8>();
    let leader = cache.get_or_load("k", plain(), || told);
    let joiner = || cache.get_or_load("k", plain(), || async { Ok::<_, io::Error>(9_u8) });
    let joiners = join(joiner(), joiner());
    let (first, (second, third), ()) = join3(leader, joiners, async { tell.send(1).unwrap() }).await;
    assert_eq!((first.unwrap(), second.unwrap(), third.unwrap()), (1, 1, 1));
    assert_counted(&cache, |stats| {
        stats.misses = 1;
        stats.joins = 2;
        stats.loads = 1;
    });
    assert!(cache.stats().has_single_flight_activity());
}

async fn a_value_that_was_overtaken_is_counted_as_discarded(eviction: Eviction) {
    let cache = cache(eviction);
    let overtaking = cache.clone();
    let load = || async move {
        overtaking.invalidate_tag("t").fire();
        1_u8
    };
    cache.get_or_insert_with("k", tagged("t"), load).await.unwrap();
    assert_counted(&cache, |stats| {
        stats.misses = 1;
        stats.loads = 1;
        stats.stale_discards = 1;
        stats.tag_invalidations = 1;
    });
    assert!(cache.stats().has_stale_load_discards());
}

/// The one who waits called after something else was invalidated, so a value that an invalidation overtook may be
/// older than its call, and it goes on to a load that began later.
async fn a_caller_that_does_not_accept_what_it_waited_for_is_counted(eviction: Eviction) {
    let cache = cache(eviction);
    let (tell, told) = oneshot::channel::<u8>();
    let leader = cache.get_or_load("k", tagged("t"), || told);
    let between = async { cache.invalidate_tag("unrelated").fire() };
    let joiner = cache.get_or_load("k", tagged("t"), || async { Ok::<_, io::Error>(2_u8) });
    let overtake = async {
        cache.invalidate_tag("t").fire();
        tell.send(1).unwrap();
    };
    let (old, (), (new, ())) = join3(leader, between, join(joiner, overtake)).await;
    assert_eq!((old.unwrap(), new.unwrap()), (1, 2));
    assert_eq!(cache.peek::<u8>("k").unwrap(), Some(2));
    assert_counted(&cache, |stats| {
        stats.misses = 1;
        stats.joins = 1;
        stats.rejoins = 1;
        stats.loads = 2;
        stats.stale_discards = 1;
        stats.tag_invalidations = 2;
    });
}

async fn a_load_that_would_wait_for_itself_is_counted(eviction: Eviction) {
    let cache = cache(eviction);
    let again = cache.clone();
    let load = || async move { again.get_or_load("k", plain(), || async { Ok::<_, io::Error>(1_u8) }).await };
    cache.get_or_load("k", plain(), load).await.unwrap_err();
    let stats = cache.stats();
    assert_eq!(stats.load_cycles, 1);
    assert_eq!((stats.loads, stats.load_failures), (1, 1));
    assert_eq!(stats.requests(), 2, "the inner call is a call as well");
}

/// Without a tokio runtime on the thread nobody can take such a load over.
#[test]
fn a_load_given_up_outside_of_a_runtime_is_counted_as_cancelled() {
    for eviction in [Eviction::S3Fifo, Eviction::TinyLfu] {
        let cache = cache(eviction);
        let load = cache.get_or_insert_with("k", plain(), std::future::pending::<u8>);
        assert!(load.now_or_never().is_none());
        assert_counted(&cache, |stats| {
            stats.misses = 1;
            stats.loads = 1;
            stats.cancelled = 1;
        });
        let next = cache.get_or_insert_with("k", plain(), || async { 2_u8 }).now_or_never();
        assert_eq!(next.unwrap().unwrap(), 2, "the next caller leads");
    }
}

async fn a_load_whose_caller_went_away_goes_on_and_is_counted_as_adopted(eviction: Eviction) {
    let cache = cache(eviction);
    let (tell, told) = oneshot::channel::<u8>();
    assert!(cache.get_or_load("k", plain(), || told).now_or_never().is_none());
    let waiter = cache.get_or_load("k", plain(), || async { Ok::<_, io::Error>(9_u8) });
    let (waited, ()) = join(waiter, async { tell.send(1).unwrap() }).await;
    assert_eq!(waited.unwrap(), 1, "work already done was lost");
    assert_counted(&cache, |stats| {
        stats.misses = 1;
        stats.joins = 1;
        stats.loads = 1;
        stats.adopted = 1;
    });
}

async fn a_value_of_another_type_is_reloaded_and_counted(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", "text".to_owned(), plain()).await.unwrap();
    assert_eq!(cache.get_or_insert_with("k", plain(), || async { 5_u8 }).await.unwrap(), 5);
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(5), "the old value was overwritten");
    assert_counted(&cache, |stats| {
        stats.puts = 1;
        stats.misses = 1;
        stats.loads = 1;
        stats.type_mismatches = 1;
        stats.hits = 1;
    });
}

async fn a_value_too_large_to_be_stored_is_counted(eviction: Eviction) {
    let cache = HydraCache::local().eviction(eviction).max_bytes(64_000).max_entry_bytes(1_000).build();
    for _ in 0..2 {
        let large = cache.get_or_insert_with("k", plain(), || async { vec![0_u8; 5_000] });
        assert_eq!(large.await.unwrap().len(), 5_000);
    }
    assert_counted(&cache, |stats| {
        stats.misses = 2;
        stats.loads = 2;
        stats.not_stored = 2;
    });
    let refused = cache.put("k", vec![0_u8; 5_000], plain()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TooLarge);
    assert_eq!(cache.stats().not_stored, 2, "a put was told, so it is not counted");
}

async fn bytes_of_another_type_are_counted_and_loaded_anew(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("source", "text".to_owned(), plain()).await.unwrap();
    let bytes = cache.get_encoded("source").await.unwrap().unwrap();
    cache.put_encoded("k", bytes, plain()).await.unwrap();
    assert_eq!(cache.get_or_insert_with("k", plain(), || async { 5_u8 }).await.unwrap(), 5);
    assert_counted(&cache, |stats| {
        stats.puts = 2;
        stats.hits = 1;
        stats.misses = 1;
        stats.loads = 1;
        stats.decode_failures = 1;
    });
}
