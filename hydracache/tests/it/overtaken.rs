//! Loads that are overtaken: by a refresh, by an invalidation of what their value will depend on, by a panic.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::poll;
use hydracache::{CacheOptions, HydraCache, Runtime, cached};
use tokio::sync::{Semaphore, oneshot};

use crate::support::isolated;

static SOURCE: AtomicU64 = AtomicU64::new(0);
static GATE: Semaphore = Semaphore::const_new(0);

/// Reads the source, and returns when the gate is open if it is told to wait for it.
#[cached(name = "overtaken.row", skip(wait))]
async fn row(wait: bool) -> u64 {
    let read = SOURCE.load(Ordering::SeqCst);
    if wait {
        GATE.acquire().await.unwrap().forget();
    }
    read
}

#[tokio::test]
async fn a_load_does_not_replace_what_a_later_refresh_stored() {
    isolated(async {
        SOURCE.store(1, Ordering::SeqCst);
        let mut slow = Box::pin(row(true));
        assert!(poll!(slow.as_mut()).is_pending());
        SOURCE.store(2, Ordering::SeqCst);
        assert_eq!(row::refresh(false).await, 2);
        GATE.add_permits(1);
        assert_eq!(slow.await, 1, "its own caller gets what it loaded");
        assert_eq!(row(false).await, 2, "an older reading took the place of a later one");
    })
    .await;
}

static LATE_SOURCE: AtomicU64 = AtomicU64::new(0);
static LATE_GATE: Semaphore = Semaphore::const_new(0);

#[cached(name = "overtaken.late", tags = |_| ["late"], ttl = |_| Duration::ZERO)]
async fn late() -> u64 {
    let read = LATE_SOURCE.load(Ordering::SeqCst);
    LATE_GATE.acquire().await.unwrap().forget();
    read
}

#[tokio::test]
async fn a_joiner_sees_the_late_tags_of_a_value_whose_other_settings_are_refused() {
    isolated(async {
        LATE_SOURCE.store(1, Ordering::SeqCst);
        let mut leader = Box::pin(late());
        assert!(poll!(leader.as_mut()).is_pending());
        LATE_SOURCE.store(2, Ordering::SeqCst);
        Runtime::current().default_cache().invalidate_tag("late").await.unwrap();
        LATE_GATE.add_permits(2);
        let (_, joined) = futures_util::join!(leader, late());
        assert_eq!(joined, 2, "the invalidation had returned before this call");
        assert_eq!(late::stats().not_stored, 2);
    })
    .await;
}

#[tokio::test]
async fn a_fill_does_not_replace_what_a_later_load_stored() {
    let cache = HydraCache::local().build();
    let token = cache.fill_token("k").unwrap();
    let loaded = cache.get_or_insert_with("k", CacheOptions::new(), || async { 2_u8 }).await.unwrap();
    assert!(!cache.fill(&token, 1_u8, CacheOptions::new()).unwrap());
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(loaded));
}

/// A value whose drop panics if it is armed.
#[derive(Clone)]
struct Bomb(#[expect(dead_code, reason = "it acts when it is dropped")] Arc<Fuse>);

struct Fuse {
    armed: bool,
}

impl Drop for Fuse {
    fn drop(&mut self) {
        assert!(!self.armed, "this drop was made to panic");
    }
}

fn bomb(armed: bool) -> Bomb {
    Bomb(Arc::new(Fuse { armed }))
}

#[tokio::test]
async fn those_who_wait_are_told_even_if_a_displaced_value_panics_when_it_is_dropped() {
    let view = HydraCache::local().build().typed_memory_only::<Bomb>("bombs");
    view.put("k", bomb(true), CacheOptions::new().tag("t")).await.unwrap();
    view.invalidate_tag("t").await.unwrap();
    let (open, gate) = oneshot::channel::<()>();
    let mut leader = Box::pin(view.get_or_insert_with("k", CacheOptions::new(), || async move {
        gate.await.unwrap();
        bomb(false)
    }));
    assert!(poll!(leader.as_mut()).is_pending());
    let mut joiner = Box::pin(view.get_or_insert_with("k", CacheOptions::new(), || async { bomb(false) }));
    assert!(poll!(joiner.as_mut()).is_pending());
    open.send(()).unwrap();
    let panicked = tokio::task::unconstrained(async {
        futures_util::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(leader)).await
    });
    // The sweeper may have dropped the dead value first, and then nothing panics here.
    let _ = panicked.await;
    tokio::time::timeout(Duration::from_secs(10), joiner).await.expect("the joiner hangs").unwrap();
}
