//! A bus that goes wrong while the clock of its cache stands still: nothing waits for a time that never comes.

use std::sync::Arc;

use futures_util::future::{BoxFuture, join_all};
use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{Applied, CacheResult, ErrorKind, HydraCache};

use crate::bus_doubles::{Bent, with_outages};
use crate::bus_support::{assert_linked, join, two};
use crate::support::{plain, soon};

/// Waits until others are told of something that has happened here.
fn told<T: Unpin + Send + 'static>(applied: Applied<T>) -> BoxFuture<'static, CacheResult<()>> {
    Box::pin(async { applied.await.map(drop) })
}

/// Does everything that tells other caches, and returns what its caller can wait for.
fn everything(cache: &HydraCache) -> [BoxFuture<'static, CacheResult<()>>; 8] {
    [
        told(cache.remove("k")),
        told(cache.expire_key("k")),
        told(cache.invalidate_tag("t")),
        told(cache.invalidate_tags(["t", "u"])),
        told(cache.invalidate_namespace("v")),
        told(cache.typed::<u8>("v").clear()),
        told(cache.write_intent("k").unwrap().put(1_u8, plain())),
        told(cache.flush()),
    ]
}

#[tokio::test]
async fn whoever_waits_for_a_bus_that_fails_is_told_however_often() {
    let (bus, outage) = with_outages();
    let (a, mut b) = two(&bus);
    outage.begin();
    for round in 0..5 {
        for applied in everything(&a.cache) {
            let error = soon(applied).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotConfirmed, "round {round}");
        }
    }
    // Many at once as well.
    let together = (0..5).flat_map(|_| everything(&a.cache));
    for told in soon(join_all(together)).await {
        assert_eq!(told.unwrap_err().kind(), ErrorKind::NotConfirmed);
    }
    assert_eq!(
        a.stats().distributed_invalidation_publish_failures,
        1,
        "nobody tries again before time passes"
    );
    outage.end();
    b.caught_up_with(&a).await;
    assert_linked(&a, &mut b).await;
}

#[tokio::test]
async fn whoever_waits_for_a_bus_that_panics_is_told_however_often() {
    let a =
        join(&Arc::new(Bent::new().publishing(|_| panic!("nobody can publish"))), &ManualClock::new(), "a");
    for _ in 0..5 {
        for applied in everything(&a.cache) {
            assert_eq!(soon(applied).await.unwrap_err().kind(), ErrorKind::NotConfirmed);
        }
    }
}

#[tokio::test]
async fn a_bus_that_cannot_be_received_from_keeps_nobody_from_publishing() {
    let bus =
        Arc::new(Bent::new().receiving(|_| panic!("nobody can receive")).subscribing(|before| before < 1));
    let a = join(&bus, &ManualClock::new(), "a");
    for _ in 0..5 {
        for applied in everything(&a.cache) {
            soon(applied).await.unwrap();
        }
    }
}

#[tokio::test]
async fn reads_writes_and_looks_do_not_wait_for_a_bus_that_fails() {
    let (bus, outage) = with_outages();
    let (mut a, _b) = two(&bus);
    outage.begin();
    soon(a.cache.remove("k")).await.unwrap_err();
    a.hold(&["k"]);
    assert_eq!(soon(a.cache.get::<u8>("k")).await.unwrap(), Some(1));
    assert_eq!(soon(a.cache.get_or_insert_with("l", plain(), || async { 2_u8 })).await.unwrap(), 2);
    soon(a.cache.put("m", 3_u8, plain())).await.unwrap();
    assert_eq!(soon(a.cache.diagnostics()).await.unpublished_invalidations, 1);
    assert_eq!(a.stats().distributed_invalidations_published, 0);
}
