//! What a handle does for many keys: `warm` and `get_many`, a call for each, so many at a time.

use futures_util::{FutureExt, poll};
use hydracache::cached;

use crate::support::{Desk, Down, isolated, isolated_sync};

/// How many calls run at a time.
const AT_ONCE: usize = 16;

#[cached(name = "many.row", key = "{id}")]
async fn row(desk: &Desk, id: u64) -> Result<u64, Down> {
    desk.load(&[id]).await?;
    if id % 10 == 9 { Err(Down) } else { Ok(id * 10) }
}

#[cached(name = "many.blocking", key = "{id}")]
fn blocking(desk: &Desk, id: u64) -> Result<u64, u64> {
    let _ = desk.load(&[id]).now_or_never();
    if id % 10 == 9 { Err(id) } else { Ok(id * 10) }
}

#[cached(name = "many.plain", key = (a, b))]
async fn plain(a: u8, b: u8) -> u8 {
    a + b
}

#[tokio::test]
async fn warming_never_runs_more_than_sixteen_at_once() {
    isolated(async {
        let desk = Desk::closed();
        let mut warming = Box::pin(row::warm(&desk, 0..100));
        assert!(poll!(warming.as_mut()).is_pending());
        assert_eq!(desk.loads(), AT_ONCE);
        desk.open(1);
        assert!(poll!(warming.as_mut()).is_pending());
        assert_eq!(desk.loads(), AT_ONCE + 1, "the next begins when one has ended");
        desk.open(100);
        let warmed = warming.await;
        assert_eq!((warmed.ready, warmed.failed), (90, vec![Down; 10]));
        assert_eq!((desk.loads(), desk.most_at_once()), (100, AT_ONCE));
        assert_eq!((row::peek(98), row::peek(99)), (Some(980), None));
    })
    .await;
}

#[tokio::test]
async fn warming_counts_what_was_there_and_loads_the_rest() {
    isolated(async {
        let desk = Desk::default();
        row::put(1, 0).await.unwrap();
        let warmed = row::warm(&desk, [1, 2, 2]).await;
        assert_eq!((warmed.ready, warmed.failed.len()), (3, 0));
        assert_eq!(desk.asked(), [[2]]);
        assert_eq!(row::peek(1), Some(0), "what was there is not loaded anew");
        assert_eq!(row::warm(&desk, []).await.ready, 0);
    })
    .await;
}

#[tokio::test]
async fn a_warming_that_is_dropped_leaves_what_it_loaded() {
    isolated(async {
        let desk = Desk::closed();
        let mut warming = Box::pin(row::warm(&desk, 0..8));
        assert!(poll!(warming.as_mut()).is_pending());
        desk.open(3);
        assert!(poll!(warming.as_mut()).is_pending());
        drop(warming);
        assert_eq!((0..8).filter_map(row::peek).count(), 3);
        desk.open(1);
        assert_eq!(row(&desk, 7).await, Ok(70), "nobody waits for a load that has gone");
    })
    .await;
}

#[tokio::test]
async fn values_come_in_the_order_of_their_keys() {
    isolated(async {
        let desk = Desk::closed();
        let mut all = Box::pin(row::get_many(&desk, (0..40).rev().filter(|id| id % 10 != 9)));
        assert!(poll!(all.as_mut()).is_pending());
        desk.open(100);
        let expected: Vec<u64> = (0..40).rev().filter(|id| id % 10 != 9).map(|id| id * 10).collect();
        assert_eq!(all.await, Ok(expected));
        assert!(desk.most_at_once() <= AT_ONCE);
        assert_eq!(row::get_many(&desk, [3, 3, 1]).await, Ok(vec![30, 30, 10]), "a key may come twice");
        assert_eq!(row::get_many(&desk, []).await, Ok(Vec::new()));
        assert_eq!(plain::get_many([(1, 2), (3, 4)]).await, [3, 7]);
    })
    .await;
}

#[tokio::test]
async fn the_first_error_ends_the_call_and_leaves_what_was_loaded() {
    isolated(async {
        let desk = Desk::default();
        assert_eq!(row::get_many(&desk, [1, 9, 2]).await, Err(Down));
        assert_eq!(row::peek(1), Some(10));
        assert_eq!(row::get_many(&desk, [1, 2]).await, Ok(vec![10, 20]));
    })
    .await;
}

#[test]
fn blocking_functions_are_called_one_after_the_other() {
    isolated_sync(|| {
        let desk = Desk::default();
        assert_eq!(blocking::get_many(&desk, [3, 1]), Ok(vec![30, 10]));
        assert_eq!(blocking::get_many(&desk, [2, 9, 19, 4]), Err(9));
        assert_eq!(blocking::peek(4), None, "what comes after the error is not loaded");
        let warmed = blocking::warm(&desk, [1, 9, 19, 4]);
        assert_eq!((warmed.ready, warmed.failed), (2, vec![9, 19]));
        assert_eq!(desk.asked(), [[3], [1], [2], [9], [9], [19], [4]]);
    });
}

#[tokio::test]
async fn a_call_for_many_keys_and_a_direct_one_share_a_load() {
    isolated(async {
        let desk = Desk::closed();
        let mut many = Box::pin(row::get_many(&desk, [1, 2]));
        assert!(poll!(many.as_mut()).is_pending());
        let mut one = Box::pin(row(&desk, 2));
        assert!(poll!(one.as_mut()).is_pending());
        desk.open(2);
        assert_eq!(futures_util::join!(many, one), (Ok(vec![10, 20]), Ok(20)));
        assert_eq!(desk.loads(), 2);
    })
    .await;
}
