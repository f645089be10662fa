//! What the tests share: caches over each store, and the way errors are asked what they say.

use std::time::Duration;

use futures_util::FutureExt;
use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{
    CacheEvent, CacheEventKind, CacheEvents, CacheOptions, Error, ErrorKind, Eviction, HydraCache,
};

/// Makes two tests of each function, one over each built-in store.
macro_rules! over_both_stores {
    ($($test:ident,)*) => {
        mod s3_fifo {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(hydracache_runtime::Eviction::S3Fifo).await;
                }
            )*
        }

        mod tiny_lfu {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(hydracache_runtime::Eviction::TinyLfu).await;
                }
            )*
        }
    };
}

pub(crate) fn cache(eviction: Eviction) -> HydraCache {
    HydraCache::local().eviction(eviction).build()
}

/// A cache that tells the time by the clock beside it.
pub(crate) fn timed(eviction: Eviction) -> (HydraCache, ManualClock) {
    let clock = ManualClock::new();
    (HydraCache::local().eviction(eviction).clock(clock.clone()).build(), clock)
}

pub(crate) fn plain() -> CacheOptions {
    CacheOptions::new()
}

pub(crate) fn tagged(tag: &str) -> CacheOptions {
    CacheOptions::new().tag(tag)
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Asserts the kind of an error and that its message contains each of `pieces`.
#[track_caller]
pub(crate) fn assert_says<T: std::fmt::Debug>(result: Result<T, Error>, kind: ErrorKind, pieces: &[&str]) {
    let error = result.expect_err("this is refused");
    assert_eq!(error.kind(), kind, "{error}");
    let message = error.to_string();
    for piece in pieces {
        assert!(message.contains(piece), "`{piece}` is missing in: {message}");
    }
}

/// The result of a call that has nothing to wait for.
pub(crate) fn ready<F: Future>(call: F) -> F::Output {
    call.now_or_never().expect("there is nothing to wait for")
}

/// Every event that can be read without waiting.
pub(crate) fn read_all(events: &mut CacheEvents) -> Vec<CacheEvent> {
    std::iter::from_fn(|| events.try_recv().unwrap()).collect()
}

/// The kinds of every event that can be read without waiting.
pub(crate) fn kinds(events: &mut CacheEvents) -> Vec<CacheEventKind> {
    read_all(events).iter().map(CacheEvent::kind).collect()
}

/// The only event that can be read without waiting.
#[track_caller]
pub(crate) fn only(events: &mut CacheEvents) -> CacheEvent {
    match &read_all(events)[..] {
        [event] => event.clone(),
        others => panic!("there is not one event but {others:?}"),
    }
}

/// Waits for what must come; the limit only ends a test that would wait for ever.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(seconds(20), future).await.expect("it comes long before that")
}

/// How often something is done: what the environment says, for a soak, or the usual number.
pub(crate) fn count(variable: &str, usual: u32) -> u32 {
    std::env::var(variable).map_or(usual, |count| count.parse().expect("it is a number"))
}
