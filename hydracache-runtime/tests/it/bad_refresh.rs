//! Windows and limits that cannot work together: an error that names the setting and the cure, and nothing happens.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use hydracache_runtime::{CacheOptions, ErrorKind, Eviction, HydraCache, RefreshOptions};

use crate::scene::just_before;
use crate::support::{assert_says, cache, plain, ready, seconds};

over_both_stores! {
    windows_need_a_time_to_live,
    the_default_ttl_is_a_time_to_live,
    refreshing_ahead_must_begin_after_the_load,
    a_soft_limit_must_be_below_the_hard_one,
    a_soft_limit_needs_an_old_value_to_hand_out,
    spans_of_nothing_are_refused,
    spans_beyond_the_clock_do_not_wrap_around,
    impossible_options_are_refused_beside_good_windows,
}

fn refresh() -> RefreshOptions {
    RefreshOptions::new()
}

fn mortal() -> CacheOptions {
    plain().ttl(seconds(10))
}

/// Asserts that a call is refused with a message that contains `pieces`, that its loader does not run, that nothing
/// is stored and that what is cached stays.
#[track_caller]
fn assert_refused(
    cache: &HydraCache,
    options: CacheOptions,
    refresh: RefreshOptions,
    kind: ErrorKind,
    pieces: &[&str],
) {
    cache.put("v:cached", 1_u8, plain()).fire();
    let ran = Cell::new(false);
    let load = || {
        ran.set(true);
        async { Ok::<_, io::Error>(2_u8) }
    };
    let raw = cache.get_or_load_with_refresh("v:absent", options.clone(), refresh, load);
    assert_says(ready(raw), kind, pieces);
    let view = cache.typed::<u8>("v");
    let typed = view.get_or_load_with_refresh("absent", options.clone(), refresh, load);
    assert_says(ready(typed), kind, pieces);
    assert!(!ran.get(), "the loader ran");
    assert_eq!(cache.peek::<u8>("v:absent").unwrap(), None);
    assert_eq!(cache.peek::<u8>("v:cached").unwrap(), Some(1));
    let stats = cache.stats();
    assert_eq!((stats.loads, stats.refreshes), (0, 0));
}

async fn windows_need_a_time_to_live(eviction: Eviction) {
    let windows = [
        (refresh().refresh_ahead(seconds(1)), "refresh_ahead"),
        (refresh().stale_while_revalidate(seconds(1)), "stale_while_revalidate"),
        (refresh().stale_on_loader_error(seconds(1)), "stale_on_loader_error"),
    ];
    for (refresh, name) in windows {
        let without = HydraCache::local().eviction(eviction).build();
        assert_refused(&without, plain(), refresh, ErrorKind::InvalidRefresh, &[name, "ttl"]);
        let with = HydraCache::local().eviction(eviction).default_ttl(seconds(9)).build();
        assert_refused(&with, plain().no_ttl(), refresh, ErrorKind::InvalidRefresh, &[name, "ttl"]);
    }
}

async fn the_default_ttl_is_a_time_to_live(eviction: Eviction) {
    let cache = HydraCache::local().eviction(eviction).default_ttl(seconds(9)).build();
    let windows = refresh()
        .refresh_ahead(seconds(1))
        .stale_while_revalidate(seconds(1))
        .stale_on_loader_error(seconds(1));
    let load = || async { Ok::<_, io::Error>(2_u8) };
    assert_eq!(cache.get_or_load_with_refresh("k", plain(), windows, load).await.unwrap(), 2);
    let late = refresh().refresh_ahead(seconds(9));
    assert_refused(&cache_like(eviction), plain(), late, ErrorKind::InvalidRefresh, &["refresh_ahead", "9s"]);
}

fn cache_like(eviction: Eviction) -> HydraCache {
    HydraCache::local().eviction(eviction).default_ttl(seconds(9)).build()
}

async fn refreshing_ahead_must_begin_after_the_load(eviction: Eviction) {
    for ahead in [seconds(10), seconds(11)] {
        let pieces = &["refresh_ahead", "10s"];
        let refresh = refresh().refresh_ahead(ahead);
        assert_refused(&cache(eviction), mortal(), refresh, ErrorKind::InvalidRefresh, pieces);
    }
    let just = refresh().refresh_ahead(just_before(seconds(10)));
    let load = || async { Ok::<_, io::Error>(2_u8) };
    let allowed = cache(eviction).get_or_load_with_refresh("k", mortal(), just, load).await;
    assert_eq!(allowed.unwrap(), 2);
}

async fn a_soft_limit_must_be_below_the_hard_one(eviction: Eviction) {
    for hard in [seconds(2), seconds(1)] {
        let refresh = refresh().stale_on_loader_error(seconds(5)).soft_timeout(seconds(2)).load_timeout(hard);
        let pieces = &["soft_timeout", "load_timeout", "2s"];
        assert_refused(&cache(eviction), mortal(), refresh, ErrorKind::InvalidRefresh, pieces);
    }
}

async fn a_soft_limit_needs_an_old_value_to_hand_out(eviction: Eviction) {
    let pieces = &["soft_timeout", "stale_on_loader_error"];
    for refresh in [
        refresh().soft_timeout(seconds(1)),
        refresh().soft_timeout(seconds(1)).stale_while_revalidate(seconds(5)),
        refresh().soft_timeout(seconds(1)).load_timeout(seconds(2)).refresh_ahead(seconds(5)),
    ] {
        assert_refused(&cache(eviction), mortal(), refresh, ErrorKind::InvalidRefresh, pieces);
    }
}

async fn spans_of_nothing_are_refused(eviction: Eviction) {
    let zero = Duration::ZERO;
    let forgiving = refresh().stale_on_loader_error(seconds(5));
    for (refresh, name) in [
        (refresh().refresh_ahead(zero), "refresh_ahead"),
        (refresh().stale_while_revalidate(zero), "stale_while_revalidate"),
        (refresh().stale_on_loader_error(zero), "stale_on_loader_error"),
        (forgiving.retry_after(zero), "retry_after"),
        (forgiving.soft_timeout(zero), "soft_timeout"),
        (refresh().load_timeout(zero), "load_timeout"),
        (refresh().wait_timeout(zero), "wait_timeout"),
    ] {
        assert_refused(&cache(eviction), mortal(), refresh, ErrorKind::InvalidRefresh, &[name]);
    }
}

/// A span that no clock can count is refused or has no end; it never turns into a short one.
async fn spans_beyond_the_clock_do_not_wrap_around(eviction: Eviction) {
    for span in [Duration::MAX, Duration::from_nanos(u64::MAX)] {
        let windows = [
            refresh().stale_while_revalidate(span),
            refresh().stale_on_loader_error(span),
            refresh().load_timeout(span),
            refresh().wait_timeout(span),
            refresh().stale_on_loader_error(seconds(60)).retry_after(span),
            refresh().stale_on_loader_error(span).soft_timeout(just_before(span)).load_timeout(span),
        ];
        for refresh in windows {
            let (cache, clock) = crate::support::timed(eviction);
            clock.advance(seconds(100));
            let load = |value: u8| move || async move { Ok::<_, io::Error>(value) };
            match ready(cache.get_or_load_with_refresh("k", mortal(), refresh, load(1))) {
                Err(error) => assert_eq!(error.kind(), ErrorKind::InvalidRefresh, "{error}"),
                Ok(value) => {
                    assert_eq!((value, cache.stats().load_timeouts), (1, 0), "{refresh:?}");
                    clock.advance(seconds(20));
                    let again = cache.get_or_load_with_refresh("k", mortal(), refresh, load(2));
                    let stale = refresh == windows[0];
                    assert_eq!(ready(again).unwrap(), if stale { 1 } else { 2 }, "{refresh:?}");
                }
            }
        }
    }
}

async fn impossible_options_are_refused_beside_good_windows(eviction: Eviction) {
    let good = refresh().stale_while_revalidate(seconds(5)).refresh_ahead(seconds(1));
    let cache = cache(eviction);
    let zero = plain().ttl(Duration::ZERO);
    assert_refused(&cache, zero, good, ErrorKind::InvalidTtl, &["no_ttl"]);
    assert_refused(&cache, mortal().jitter(51), good, ErrorKind::InvalidTtl, &["jitter"]);
    let idle = mortal().time_to_idle(Duration::ZERO);
    assert_refused(&cache, idle, good, ErrorKind::InvalidTtl, &["time to idle"]);
    assert_refused(
        &cache,
        mortal().cache_errors(Duration::ZERO),
        good,
        ErrorKind::InvalidTtl,
        &["cache_errors"],
    );
}
