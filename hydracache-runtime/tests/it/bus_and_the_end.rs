//! The end of a cache ends the thread between it and its bus, whatever that thread is doing.

use std::sync::Arc;

use futures_util::future::join;
use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{CacheInvalidationBus, Error, ErrorKind, HydraCache};
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::bus_doubles::{Bent, Endless, Stuck};
use crate::bus_support::{faulty_in_memory, in_memory};
use crate::support::{plain, soon};

/// A cache whose clock stands still.
fn on(bus: Arc<dyn CacheInvalidationBus>) -> HydraCache {
    HydraCache::local().clock(ManualClock::new()).shared_invalidation_bus(bus).build()
}

#[tokio::test]
async fn the_thread_of_a_bus_ends_with_its_cache() {
    let (bus, fate) = Stuck::new(in_memory(16), None, None);
    let cache = on(bus);
    cache.remove("k").await.unwrap();
    cache.remove("k").fire();
    drop(cache);
    fate.gone().await;
}

#[tokio::test]
async fn a_cache_that_did_nothing_leaves_nothing_behind() {
    for _ in 0..20 {
        let (bus, fate) = Stuck::new(in_memory(16), None, None);
        drop(on(bus));
        fate.gone().await;
    }
}

#[tokio::test]
async fn each_handle_of_a_cache_keeps_the_thread() {
    let (bus, fate) = Stuck::new(in_memory(16), None, None);
    let cache = on(bus);
    let view = cache.typed::<u8>("v");
    drop(cache);
    view.remove("k").await.unwrap();
    drop(view);
    fate.gone().await;
}

/// It waits for a time at which to subscribe again, by a clock that stands still.
#[tokio::test]
async fn a_bus_that_is_closed_does_not_keep_the_thread() {
    let (alive, mut end) = oneshot::channel::<()>();
    let bus = Arc::new(Bent::new().subscribing(move |_| alive.is_closed()));
    let cache = on(bus);
    cache.remove("k").await.unwrap();
    assert_eq!(end.try_recv(), Err(TryRecvError::Empty), "the bus is in use");
    drop(cache);
    soon(end).await.unwrap_err();
}

#[tokio::test]
async fn a_replay_that_never_ends_does_not_keep_the_thread() {
    let shared = faulty_in_memory(16);
    let (bus, fate) = Stuck::new(shared.clone(), None, Some(Endless::Pends));
    let (cache, other) = (on(bus), on(shared.clone()));
    shared.drop_next(1);
    other.remove("k").await.unwrap();
    other.remove("k").await.unwrap();
    fate.stuck().await;
    drop(cache);
    fate.gone().await;
}

/// What is left is tried for ten seconds, and then whoever still waits is told. One test, because it takes them.
#[tokio::test]
async fn a_bus_that_takes_nothing_any_more_does_not_keep_the_thread() {
    let fails = async {
        let (alive, end) = oneshot::channel::<()>();
        let bus = Bent::new().publishing(move |_| {
            assert!(!alive.is_closed());
            Err(Error::Backend("it always fails"))
        });
        let cache = on(Arc::new(bus));
        let waiting = [cache.remove("k"), cache.remove("k")];
        drop(cache);
        for applied in waiting {
            assert_eq!(soon(applied).await.unwrap_err().kind(), ErrorKind::NotConfirmed);
        }
        soon(end).await.unwrap_err();
    };
    let never_ends = async {
        let (bus, fate) = Stuck::new(in_memory(16), Some(Endless::Pends), None);
        let cache = on(bus);
        cache.put("k", 1_u8, plain()).await.unwrap();
        let waiting = [cache.remove("k"), cache.remove("k")];
        fate.stuck().await;
        drop(cache);
        for applied in waiting {
            assert_eq!(soon(applied).await.unwrap_err().kind(), ErrorKind::NotConfirmed);
        }
        fate.gone().await;
    };
    join(fails, never_ends).await;
}
