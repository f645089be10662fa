//! Bulk calls beside others: they share loads with single calls and with each other, and nobody waits for himself.

use std::collections::HashMap;
use std::pin::pin;

use futures_util::future::join_all;
use futures_util::{FutureExt, poll};
use hydracache_runtime::{CacheResult, Error, ErrorKind, Eviction, HydraCache};

use crate::bulk_desk::BulkDesk;
use crate::scene::{Desk, settle};
use crate::support::{cache, plain, seconds, timed};

over_both_stores! {
    a_bulk_call_waits_for_the_load_of_a_single_call,
    a_single_call_waits_for_the_load_of_a_bulk_call,
    a_bulk_call_lands_what_it_leads_before_it_waits,
    bulk_calls_share_what_they_have_in_common,
    bulk_calls_in_opposite_order_share,
    what_the_other_left_undone_is_loaded_by_a_second_call,
    what_the_other_failed_to_load_fails_for_those_who_wait,
    a_key_for_which_the_other_found_nothing_is_loaded_by_those_who_wait,
    an_error_reaches_those_who_wait,
    a_panic_goes_on_in_its_caller_and_those_who_wait_load,
    a_loader_that_panics_before_its_future_leaves_the_keys_free,
    a_bulk_call_that_goes_away_is_adopted,
    a_bulk_call_does_not_wait_for_ever,
}

fn single(
    cache: &HydraCache,
    key: &'static str,
    desk: &Desk,
) -> impl Future<Output = CacheResult<u32>> + use<> {
    let (cache, desk) = (cache.clone(), desk.clone());
    async move { cache.get_or_load(key, plain(), || desk.load()).await }
}

async fn a_bulk_call_waits_for_the_load_of_a_single_call(eviction: Eviction) {
    let (cache, desk, bulk) = (cache(eviction), Desk::default(), BulkDesk::default());
    let mut first = pin!(single(&cache, "a", &desk));
    assert!(poll!(first.as_mut()).is_pending());
    let mut many = pin!(bulk.call(&cache, &["a", "b"]));
    assert!(poll!(many.as_mut()).is_pending());
    assert_eq!(bulk.asked(), [["b"]], "the other leads `a`");
    bulk.answer(&[("b", 2)]);
    assert!(poll!(many.as_mut()).is_pending());
    assert_eq!(cache.peek::<u32>("b").unwrap(), Some(2), "its own is stored meanwhile");
    desk.answer(1);
    assert_eq!(first.await.unwrap(), 1);
    assert_eq!(many.await.unwrap(), HashMap::from([("a", 1), ("b", 2)]));
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.joins, stats.loads, bulk.asked().len()), (2, 1, 2, 1));
}

async fn a_single_call_waits_for_the_load_of_a_bulk_call(eviction: Eviction) {
    let (cache, desk, bulk) = (cache(eviction), Desk::default(), BulkDesk::default());
    let mut many = pin!(bulk.call(&cache, &["a", "b"]));
    assert!(poll!(many.as_mut()).is_pending());
    let mut singles = pin!(join_all(["b", "a", "b"].map(|key| single(&cache, key, &desk))));
    assert!(poll!(singles.as_mut()).is_pending());
    bulk.answer(&[("a", 1), ("b", 2)]);
    many.await.unwrap();
    let values: Vec<u32> = singles.await.into_iter().map(Result::unwrap).collect();
    assert_eq!((values, desk.runs(), cache.stats().joins), (vec![2, 1, 2], 0, 3));
}

/// The single load of `b` asks for `a`, which the bulk call leads, and the bulk call waits for `b`. Nobody is stuck as
/// long as the bulk call lands `a` before it waits.
async fn a_bulk_call_lands_what_it_leads_before_it_waits(eviction: Eviction) {
    let (cache, desk, bulk) = (cache(eviction), Desk::default(), BulkDesk::default());
    let (inner, gate) = (cache.clone(), desk.load());
    let mut b = pin!(cache.get_or_load("b", plain(), || async move {
        gate.await.map_err(|_| Error::Backend("no gate"))?;
        inner.get_or_load("a", plain(), || async { Ok::<_, Error>(100_u32) }).await.map(|a| a + 1)
    }));
    assert!(poll!(b.as_mut()).is_pending());
    let mut many = pin!(bulk.call(&cache, &["b", "a"]));
    assert!(poll!(many.as_mut()).is_pending());
    desk.answer(0);
    assert!(poll!(b.as_mut()).is_pending(), "it waits for `a`");
    bulk.answer(&[("a", 1)]);
    assert!(poll!(many.as_mut()).is_pending(), "it waits for `b`");
    assert_eq!(b.await.unwrap(), 2);
    assert_eq!(many.await.unwrap(), HashMap::from([("a", 1), ("b", 2)]));
    assert_eq!(cache.stats().load_cycles, 0);
}

async fn bulk_calls_share_what_they_have_in_common(eviction: Eviction) {
    let (cache, one, other) = (cache(eviction), BulkDesk::default(), BulkDesk::default());
    let mut first = pin!(one.call(&cache, &["a", "b"]));
    assert!(poll!(first.as_mut()).is_pending());
    let mut second = pin!(other.call(&cache, &["b", "c"]));
    assert!(poll!(second.as_mut()).is_pending());
    assert_eq!((one.asked(), other.asked()), (vec![vec!["a", "b"]], vec![vec!["c"]]));
    other.answer(&[("c", 3)]);
    assert!(poll!(second.as_mut()).is_pending());
    one.answer(&[("a", 1), ("b", 2)]);
    assert_eq!(first.await.unwrap(), HashMap::from([("a", 1), ("b", 2)]));
    assert_eq!(second.await.unwrap(), HashMap::from([("b", 2), ("c", 3)]));
    assert_eq!(cache.stats().loads, 3);
}

async fn bulk_calls_in_opposite_order_share(eviction: Eviction) {
    let (cache, one, other) = (cache(eviction), BulkDesk::default(), BulkDesk::default());
    let mut first = pin!(one.call(&cache, &["a", "b", "c"]));
    assert!(poll!(first.as_mut()).is_pending());
    let mut second = pin!(other.call(&cache, &["c", "b", "a"]));
    assert!(poll!(second.as_mut()).is_pending());
    one.answer(&[("a", 1), ("b", 2), ("c", 3)]);
    assert_eq!(first.await.unwrap(), second.await.unwrap());
    assert_eq!(other.asked().len(), 0, "it led nothing");
}

async fn what_the_other_left_undone_is_loaded_by_a_second_call(eviction: Eviction) {
    let (cache, desk, bulk) = (cache(eviction), Desk::default(), BulkDesk::default());
    let mut first = pin!(std::panic::AssertUnwindSafe(single(&cache, "a", &desk)).catch_unwind());
    assert!(poll!(first.as_mut()).is_pending());
    let mut many = pin!(bulk.call(&cache, &["a", "b"]));
    assert!(poll!(many.as_mut()).is_pending());
    bulk.answer(&[("b", 2)]);
    assert!(poll!(many.as_mut()).is_pending());
    desk.panic();
    first.await.expect_err("the panic goes on in its caller");
    assert!(poll!(many.as_mut()).is_pending());
    assert_eq!(bulk.asked(), [["b"], ["a"]]);
    bulk.answer(&[("a", 1)]);
    assert_eq!(many.await.unwrap(), HashMap::from([("a", 1), ("b", 2)]));
}

async fn what_the_other_failed_to_load_fails_for_those_who_wait(eviction: Eviction) {
    let (cache, desk, bulk) = (cache(eviction), Desk::default(), BulkDesk::default());
    let mut first = pin!(single(&cache, "a", &desk));
    assert!(poll!(first.as_mut()).is_pending());
    let mut many = pin!(bulk.call(&cache, &["a", "b"]));
    assert!(poll!(many.as_mut()).is_pending());
    bulk.answer(&[("b", 2)]);
    assert!(poll!(many.as_mut()).is_pending());
    desk.fail();
    first.await.unwrap_err();
    many.await.unwrap_err();
    assert_eq!(bulk.asked(), [["b"]], "a failure is shared, as it is among single calls");
    assert_eq!(cache.peek::<u32>("b").unwrap(), Some(2), "what was loaded is stored all the same");
}

async fn a_key_for_which_the_other_found_nothing_is_loaded_by_those_who_wait(eviction: Eviction) {
    let (cache, desk) = (cache(eviction), Desk::default());
    let (one, other) = (BulkDesk::default(), BulkDesk::default());
    let mut first = pin!(one.call(&cache, &["a", "b", "c"]));
    assert!(poll!(first.as_mut()).is_pending());
    let mut alone = pin!(single(&cache, "b", &desk));
    assert!(poll!(alone.as_mut()).is_pending());
    let mut second = pin!(other.call(&cache, &["c", "a"]));
    assert!(poll!(second.as_mut()).is_pending());
    one.answer(&[("a", 1)]);
    assert_eq!(first.await.unwrap(), HashMap::from([("a", 1)]));
    assert!(poll!(alone.as_mut()).is_pending());
    desk.answer(2);
    assert_eq!(alone.await.unwrap(), 2, "a single call must have a value, so it loads");
    assert!(poll!(second.as_mut()).is_pending());
    assert_eq!(other.asked(), [["c"]]);
    other.answer(&[("c", 3)]);
    assert_eq!(second.await.unwrap(), HashMap::from([("a", 1), ("c", 3)]));
}

async fn an_error_reaches_those_who_wait(eviction: Eviction) {
    let (cache, desk) = (cache(eviction), Desk::default());
    let (one, other) = (BulkDesk::default(), BulkDesk::default());
    let mut many = pin!(one.call(&cache, &["a", "b"]));
    assert!(poll!(many.as_mut()).is_pending());
    let mut singles = pin!(join_all(["a", "b"].map(|key| single(&cache, key, &desk))));
    assert!(poll!(singles.as_mut()).is_pending());
    let mut second = pin!(other.call(&cache, &["b", "c"]));
    assert!(poll!(second.as_mut()).is_pending());
    one.fail();
    for result in std::iter::once(many.await.map(|_| 0)).chain(singles.await) {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Load);
        assert_eq!(error.downcast_ref::<std::io::Error>().unwrap().to_string(), "the source is down");
    }
    assert_eq!(desk.runs(), 0, "nobody ran into the same wall again");
    other.answer(&[("c", 3)]);
    drop(poll!(second.as_mut()));
    assert_eq!(cache.peek::<u32>("c").unwrap(), Some(3), "what another call led is not lost");
}

async fn a_panic_goes_on_in_its_caller_and_those_who_wait_load(eviction: Eviction) {
    let (cache, desk, bulk) = (cache(eviction), Desk::default(), BulkDesk::default());
    let mut many = pin!(std::panic::AssertUnwindSafe(bulk.call(&cache, &["a", "b"])).catch_unwind());
    assert!(poll!(many.as_mut()).is_pending());
    let mut singles = pin!(join_all(["a", "b", "a", "b"].map(|key| single(&cache, key, &desk))));
    assert!(poll!(singles.as_mut()).is_pending());
    bulk.panic();
    many.await.expect_err("the panic goes on in its caller");
    assert!(poll!(singles.as_mut()).is_pending());
    assert_eq!(desk.runs(), 2, "one new leader for each key");
    desk.answer(1);
    desk.answer(2);
    assert!(singles.await.into_iter().all(|result| result.is_ok()));
    assert_eq!(cache.stats().adopted, 0, "what panicked is never adopted");
}

async fn a_loader_that_panics_before_its_future_leaves_the_keys_free(eviction: Eviction) {
    let (cache, bulk) = (cache(eviction), BulkDesk::default());
    let doomed =
        |_| -> std::future::Ready<std::io::Result<Vec<(&'static str, u32)>>> { panic!("as this test wants") };
    let call = cache.get_many_or_load(["a", "b"], plain(), doomed);
    std::panic::AssertUnwindSafe(call).catch_unwind().await.expect_err("it panics");
    let mut next = pin!(bulk.call(&cache, &["a", "b"]));
    assert!(poll!(next.as_mut()).is_pending());
    bulk.answer(&[("a", 1), ("b", 2)]);
    assert_eq!(next.await.unwrap().len(), 2);
}

async fn a_bulk_call_that_goes_away_is_adopted(eviction: Eviction) {
    let (cache, desk, bulk) = (cache(eviction), Desk::default(), BulkDesk::default());
    let mut many = Box::pin(bulk.call(&cache, &["a", "b"]));
    assert!(poll!(many.as_mut()).is_pending());
    let mut waiter = pin!(single(&cache, "b", &desk));
    assert!(poll!(waiter.as_mut()).is_pending());
    drop(many);
    bulk.answer(&[("a", 1), ("b", 2), ("extra", 3)]);
    assert_eq!(waiter.await.unwrap(), 2, "work already done is not lost");
    settle().await;
    let found: HashMap<&str, u32> = cache.get_many(["a", "b", "extra"]).await.unwrap();
    assert_eq!(found, HashMap::from([("a", 1), ("b", 2), ("extra", 3)]));
    let stats = cache.stats();
    assert_eq!((stats.loads, stats.cancelled, desk.runs()), (2, 0, 0));
    assert!(stats.adopted > 0);
}

async fn a_bulk_call_does_not_wait_for_ever(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    let (desk, bulk) = (Desk::default(), BulkDesk::default());
    let mut stuck = pin!(single(&cache, "a", &desk));
    assert!(poll!(stuck.as_mut()).is_pending());
    let mut many = pin!(bulk.call(&cache, &["a", "b"]));
    assert!(poll!(many.as_mut()).is_pending());
    bulk.answer(&[("b", 2)]);
    assert!(poll!(many.as_mut()).is_pending());
    clock.advance(seconds(30));
    assert!(poll!(many.as_mut()).is_pending());
    assert_eq!(bulk.asked(), [["b"], ["a"]], "it loads beside the stuck one");
    bulk.answer(&[("a", 1)]);
    assert_eq!(many.await.unwrap(), HashMap::from([("a", 1), ("b", 2)]));
    assert_eq!(cache.stats().wait_timeouts, 1);
}
