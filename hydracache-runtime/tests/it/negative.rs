//! Absence: what becomes of a loaded `None`, by each of its policies.

use std::cell::Cell;
use std::io;
use std::pin::pin;

use futures_util::future::join_all;
use futures_util::poll;
use hydracache_runtime::{CacheOptions, CacheResult, Eviction, HydraCache, RefreshOptions};
use tokio::sync::oneshot;

use crate::scene::{NANO, just_before};
use crate::support::{assert_says, cache, plain, ready, seconds, tagged, timed};

over_both_stores! {
    absence_is_a_value_like_any_other_if_nothing_is_said,
    a_skipped_absence_is_handed_out_and_not_stored,
    a_skipped_absence_reaches_everyone_who_waits,
    a_skipped_absence_ends_what_was_there_before,
    what_is_there_is_stored_although_absence_is_skipped,
    absence_may_have_a_life_of_its_own,
    absence_may_outlive_what_is_there,
    absence_carries_the_tags_of_its_load,
    the_last_word_about_absence_counts,
    a_view_of_options_loads_absence_as_well,
    a_life_of_absence_that_cannot_be_is_refused,
}

/// Calls with a loader that returns `found`, and says whether it ran.
fn call(cache: &HydraCache, options: CacheOptions, found: Option<u32>) -> (Option<u32>, bool) {
    let ran = Cell::new(false);
    let load = || {
        ran.set(true);
        async move { Ok::<_, io::Error>(found) }
    };
    let result: CacheResult<Option<u32>> = ready(cache.get_or_load_optional("k", options, load));
    (result.unwrap(), ran.get())
}

async fn absence_is_a_value_like_any_other_if_nothing_is_said(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    let options = || plain().ttl(seconds(10));
    assert_eq!(call(&cache, options(), None), (None, true));
    clock.advance(just_before(seconds(10)));
    assert_eq!(call(&cache, options(), Some(1)), (None, false));
    assert_eq!(cache.get::<Option<u32>>("k").await.unwrap(), Some(None));
    clock.advance(NANO);
    assert_eq!(call(&cache, options(), Some(1)), (Some(1), true));
}

async fn a_skipped_absence_is_handed_out_and_not_stored(eviction: Eviction) {
    let cache = cache(eviction);
    for loads in 1..=3 {
        assert_eq!(call(&cache, plain().skip_none(), None), (None, true));
        assert!(!cache.contains_key("k").await);
        assert_eq!(cache.get::<Option<u32>>("k").await.unwrap(), None);
        assert_eq!(cache.stats().loads, loads);
    }
    assert_eq!(cache.stats().load_failures, 0, "absence is no failure");
}

async fn a_skipped_absence_reaches_everyone_who_waits(eviction: Eviction) {
    let cache = cache(eviction);
    let (tell, told) = oneshot::channel::<Option<u32>>();
    let mut leader = pin!(cache.get_or_load_optional("k", plain().skip_none(), || told));
    assert!(poll!(leader.as_mut()).is_pending());
    let other = || async { Ok::<_, io::Error>(Some(9_u32)) };
    let waiters = (0..5).map(|_| cache.get_or_load_optional("k", plain().skip_none(), other));
    let mut waiters = pin!(join_all(waiters));
    assert!(poll!(waiters.as_mut()).is_pending());
    tell.send(None).unwrap();
    assert_eq!(leader.await.unwrap(), None);
    assert!(waiters.await.into_iter().all(|result| result.unwrap().is_none()));
    assert_eq!(cache.stats().loads, 1, "one load for all");
    assert!(!cache.contains_key("k").await);
}

/// What the source had before it said that there is nothing is no answer any more, not even an old one.
async fn a_skipped_absence_ends_what_was_there_before(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    let forgiving = RefreshOptions::new().stale_on_loader_error(seconds(60));
    let mortal = || plain().ttl(seconds(10));
    let one = || async { Ok::<_, io::Error>(Some(1_u32)) };
    ready(cache.get_or_load_with_refresh("k", mortal(), forgiving, one)).unwrap();
    clock.advance(seconds(11));
    assert_eq!(call(&cache, mortal().skip_none(), None), (None, true));
    let failing = || async { Err::<Option<u32>, _>(io::Error::other("down")) };
    let result = ready(cache.get_or_load_with_refresh("k", mortal(), forgiving, failing));
    assert_ne!(result.ok(), Some(Some(1)));
}

async fn what_is_there_is_stored_although_absence_is_skipped(eviction: Eviction) {
    let cache = cache(eviction);
    assert_eq!(call(&cache, plain().skip_none(), Some(1)), (Some(1), true));
    assert_eq!(call(&cache, plain().skip_none(), None), (Some(1), false));
}

async fn absence_may_have_a_life_of_its_own(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    for options in [plain().ttl(seconds(100)), plain().no_ttl()] {
        let options = || options.clone().none_ttl(seconds(2));
        assert_eq!(call(&cache, options(), None), (None, true));
        clock.advance(just_before(seconds(2)));
        assert_eq!(call(&cache, options(), Some(1)), (None, false));
        clock.advance(NANO);
        assert!(!cache.contains_key("k").await);
        assert_eq!(call(&cache, options(), Some(1)), (Some(1), true));
        clock.advance(just_before(seconds(100)));
        assert_eq!(call(&cache, options(), None), (Some(1), false), "what is there lives as it would");
        cache.flush().await.unwrap();
    }
}

async fn absence_may_outlive_what_is_there(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    let options = || plain().ttl(seconds(1)).none_ttl(seconds(60));
    call(&cache, options(), None);
    clock.advance(seconds(59));
    assert_eq!(call(&cache, options(), Some(1)), (None, false));
    clock.advance(seconds(1));
    assert_eq!(call(&cache, options(), Some(1)), (Some(1), true));
    clock.advance(seconds(1));
    assert_eq!(call(&cache, options(), None), (None, true));
}

async fn absence_carries_the_tags_of_its_load(eviction: Eviction) {
    let cache = cache(eviction);
    call(&cache, tagged("t").none_ttl(seconds(5)), None);
    assert!(cache.contains_key("k").await);
    cache.invalidate_tag("t").await.unwrap();
    assert_eq!(call(&cache, tagged("t").none_ttl(seconds(5)), Some(1)), (Some(1), true));
}

async fn the_last_word_about_absence_counts(eviction: Eviction) {
    let cache = cache(eviction);
    call(&cache, plain().none_ttl(seconds(5)).skip_none(), None);
    assert!(!cache.contains_key("k").await);
    call(&cache, plain().skip_none().none_ttl(seconds(5)), None);
    assert!(cache.contains_key("k").await);
}

async fn a_view_of_options_loads_absence_as_well(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    let view = cache.typed::<Option<u32>>("v");
    let none = || async { Ok::<_, io::Error>(None) };
    assert_eq!(view.get_or_load_optional("skipped", plain().skip_none(), none).await.unwrap(), None);
    assert!(!view.contains_key("skipped").await);
    let short = plain().none_ttl(seconds(2));
    assert_eq!(view.get_or_load_optional("short", short, none).await.unwrap(), None);
    assert!(view.contains_key("short").await);
    clock.advance(seconds(2));
    assert!(!view.contains_key("short").await);
}

async fn a_life_of_absence_that_cannot_be_is_refused(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("kept", 1_u8, plain()).await.unwrap();
    for ttl in [std::time::Duration::ZERO, std::time::Duration::MAX] {
        let load = || async { panic!("the loader is not run") as Result<Option<u32>, io::Error> };
        let result = cache.get_or_load_optional("k", plain().none_ttl(ttl), load).await;
        assert_says(result, hydracache_runtime::ErrorKind::InvalidTtl, &["none_ttl"]);
    }
    assert!(!cache.contains_key("k").await && cache.contains_key("kept").await);
}
