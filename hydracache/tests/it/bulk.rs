//! Functions of many keys: each key has an entry and a flight of its own, and one call loads what is missing.

use std::collections::{BTreeMap, HashMap};

use futures_util::{FutureExt, poll};
use hydracache::{MAX_KEY_BYTES, Runtime, cached, cached_impl};

use crate::support::{Desk, Down, isolated, isolated_sync};

#[cached(name = "bulk.user", key = "user:{id}", tags = ["users", "user:{id}"])]
async fn user(desk: &Desk, id: u64) -> Result<u64, Down> {
    desk.load(&[id]).await?;
    Ok(id * 10)
}

/// There are no users from 100 on.
#[cached(name = "bulk.users", bulk = ids, entries = user(*ids))]
async fn users(desk: &Desk, ids: &[u64]) -> Result<HashMap<u64, u64>, Down> {
    desk.load(ids).await?;
    Ok(ids.iter().filter(|id| **id < 100).map(|id| (*id, id * 10)).collect())
}

/// Returns them the other way round.
#[cached(name = "bulk.listed", bulk = ids, by = |value| value / 10, key = "{ids}")]
async fn listed(desk: &Desk, ids: Vec<u64>) -> Result<Vec<u64>, Down> {
    desk.load(&ids).await?;
    Ok(ids.into_iter().rev().map(|id| id * 10).collect())
}

/// Returns neighbours as well, and of 50 nothing but its neighbour.
#[cached(name = "bulk.generous", bulk = ids, key = "{ids}", tags = ["generous:{ids}"])]
async fn generous(desk: &Desk, ids: &[u64]) -> BTreeMap<u64, u64> {
    desk.load(ids).await.unwrap();
    ids.iter().flat_map(|id| [*id, id + 1000]).filter(|id| *id != 50).map(|id| (id, id * 10)).collect()
}

#[cached(name = "bulk.lengths", bulk = names)]
fn lengths(names: &[String]) -> HashMap<String, usize> {
    names.iter().map(|name| (name.clone(), name.len())).collect()
}

fn map(ids: &[u64]) -> HashMap<u64, u64> {
    ids.iter().map(|id| (*id, id * 10)).collect()
}

#[tokio::test]
async fn only_what_is_missing_is_asked_for_and_each_key_once() {
    isolated(async {
        let desk = Desk::default();
        user(&desk, 2).await.unwrap();
        assert_eq!(users(&desk, &[1, 2, 3, 1, 3]).await.unwrap(), map(&[1, 2, 3]));
        assert_eq!(desk.asked(), [vec![2], vec![1, 3]]);
        assert_eq!(users(&desk, &[3, 2, 1]).await.unwrap(), map(&[1, 2, 3]));
        assert_eq!(user(&desk, 3).await, Ok(30));
        assert_eq!(desk.loads(), 2, "all of them are there");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_loaded_for_no_keys() {
    isolated(async {
        let desk = Desk::default();
        assert_eq!(users(&desk, &[]).await.unwrap(), HashMap::new());
        assert_eq!(listed(&desk, Vec::new()).await.unwrap(), []);
        assert_eq!(lengths(&[]), HashMap::new());
        assert_eq!(desk.loads(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_call_for_one_key_waits_for_the_call_that_loads_it_with_others() {
    isolated(async {
        let desk = Desk::closed();
        let mut many = Box::pin(users(&desk, &[1, 2]));
        assert!(poll!(many.as_mut()).is_pending());
        let mut one = Box::pin(user(&desk, 2));
        assert!(poll!(one.as_mut()).is_pending());
        desk.open(1);
        assert_eq!(futures_util::join!(many, one), (Ok(map(&[1, 2])), Ok(20)));
        assert_eq!(desk.asked(), [[1, 2]]);
    })
    .await;
}

#[tokio::test]
async fn a_call_for_many_keys_waits_for_the_call_that_loads_one_of_them() {
    isolated(async {
        let desk = Desk::closed();
        let mut one = Box::pin(user(&desk, 2));
        assert!(poll!(one.as_mut()).is_pending());
        let mut many = Box::pin(users(&desk, &[1, 2, 3]));
        assert!(poll!(many.as_mut()).is_pending());
        desk.open(2);
        assert_eq!(futures_util::join!(many, one), (Ok(map(&[1, 2, 3])), Ok(20)));
        assert_eq!(desk.asked(), [vec![2], vec![1, 3]]);
    })
    .await;
}

#[tokio::test]
async fn two_calls_share_the_keys_that_they_have_in_common() {
    isolated(async {
        let desk = Desk::closed();
        let mut first = Box::pin(users(&desk, &[1, 2]));
        assert!(poll!(first.as_mut()).is_pending());
        let mut second = Box::pin(users(&desk, &[3, 2]));
        assert!(poll!(second.as_mut()).is_pending());
        desk.open(2);
        assert_eq!(futures_util::join!(first, second), (Ok(map(&[1, 2])), Ok(map(&[2, 3]))));
        assert_eq!(desk.asked(), [vec![1, 2], vec![3]]);
    })
    .await;
}

#[tokio::test]
async fn an_invalidation_of_one_key_during_the_load_keeps_that_key_out_and_stores_the_others() {
    isolated(async {
        let desk = Desk::closed();
        for by_tag in [false, true] {
            let mut many = Box::pin(users(&desk, &[1, 2, 3]));
            assert!(poll!(many.as_mut()).is_pending());
            if by_tag {
                Runtime::current().default_cache().invalidate_tag("user:2").await.unwrap();
            } else {
                user::invalidate(2).await.unwrap();
            }
            desk.open(1);
            assert_eq!(many.await.unwrap(), map(&[1, 2, 3]), "its own caller gets what it loaded");
            assert_eq!([1, 2, 3].map(user::peek), [Some(10), None, Some(30)]);
            user::clear().await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn an_error_reaches_all_who_wait_and_nothing_is_stored() {
    isolated(async {
        let desk = Desk::closed();
        desk.fail(true);
        user::put(4, 40).await.unwrap();
        let mut first = Box::pin(users(&desk, &[1, 2, 4]));
        assert!(poll!(first.as_mut()).is_pending());
        let mut one = Box::pin(user(&desk, 1));
        assert!(poll!(one.as_mut()).is_pending());
        let mut second = Box::pin(users(&desk, &[2, 4]));
        assert!(poll!(second.as_mut()).is_pending());
        desk.open(1);
        assert_eq!(futures_util::join!(first, one, second), (Err(Down), Err(Down), Err(Down)));
        assert_eq!(desk.asked(), [[1, 2]]);
        assert_eq!([1, 2, 4].map(user::peek), [None, None, Some(40)]);
        desk.fail(false);
        desk.open(1);
        assert_eq!(users(&desk, &[1, 4]).await.unwrap(), map(&[1, 4]));
    })
    .await;
}

#[tokio::test]
async fn a_key_that_has_no_value_is_left_out_and_asked_for_again() {
    isolated(async {
        let desk = Desk::default();
        assert_eq!(users(&desk, &[1, 200]).await.unwrap(), map(&[1]));
        assert_eq!(user::peek(200), None);
        assert_eq!(users(&desk, &[1, 200]).await.unwrap(), map(&[1]));
        assert_eq!(desk.asked(), [vec![1, 200], vec![200]]);
    })
    .await;
}

#[tokio::test]
async fn who_waits_for_a_key_that_has_no_value_loads_it_himself() {
    isolated(async {
        let desk = Desk::closed();
        let mut many = Box::pin(users(&desk, &[1, 200]));
        assert!(poll!(many.as_mut()).is_pending());
        let mut one = Box::pin(user(&desk, 200));
        assert!(poll!(one.as_mut()).is_pending());
        desk.open(2);
        assert_eq!(futures_util::join!(many, one), (Ok(map(&[1])), Ok(2000)));
        assert_eq!(desk.asked(), [vec![1, 200], vec![200]]);
    })
    .await;
}

#[tokio::test]
async fn values_of_other_keys_are_stored_and_not_handed_out() {
    isolated(async {
        let desk = Desk::default();
        assert_eq!(generous(&desk, &[1, 2]).await, BTreeMap::from([(1, 10), (2, 20)]));
        assert_eq!([&1001, &1002].map(generous::peek), [Some(10_010), Some(10_020)]);
        assert_eq!(generous(&desk, &[1001]).await, BTreeMap::from([(1001, 10_010)]));
        assert_eq!(generous(&desk, &[50]).await, BTreeMap::new(), "not what was asked for");
        assert_eq!(generous::peek(&1050), Some(10_500));
        assert_eq!(desk.asked(), [vec![1, 2], vec![50]]);
        Runtime::current().default_cache().invalidate_tag("generous:1001").await.unwrap();
        assert_eq!(
            [&1001, &1002].map(generous::peek),
            [None, Some(10_020)],
            "each has the tags of its own key"
        );
    })
    .await;
}

#[tokio::test]
async fn an_invalidation_during_the_load_holds_for_values_of_other_keys_as_well() {
    isolated(async {
        let desk = Desk::closed();
        let mut many = Box::pin(generous(&desk, &[1]));
        assert!(poll!(many.as_mut()).is_pending());
        generous::invalidate(&1001).await.unwrap();
        desk.open(1);
        many.await;
        assert_eq!([&1, &1001].map(generous::peek), [Some(10), None]);
    })
    .await;
}

#[tokio::test]
async fn a_list_has_the_order_of_the_keys() {
    isolated(async {
        let desk = Desk::default();
        assert_eq!(listed(&desk, vec![3, 1, 2]).await.unwrap(), [30, 10, 20]);
        assert_eq!(listed(&desk, vec![4, 2, 5, 1, 2]).await.unwrap(), [40, 20, 50, 10]);
        assert_eq!(desk.asked(), [vec![3, 1, 2], vec![4, 5]]);
        assert_eq!(listed::peek(&4), Some(40));
    })
    .await;
}

#[tokio::test]
async fn who_waits_loads_when_the_caller_of_many_goes_away() {
    isolated(async {
        let desk = Desk::closed();
        let mut many = Box::pin(users(&desk, &[1, 2]));
        assert!(poll!(many.as_mut()).is_pending());
        let mut one = Box::pin(user(&desk, 2));
        let mut others = Box::pin(users(&desk, &[1, 3]));
        assert!(poll!(one.as_mut()).is_pending());
        assert!(poll!(others.as_mut()).is_pending());
        drop(many);
        desk.open(8);
        assert_eq!(futures_util::join!(one, others), (Ok(20), Ok(map(&[1, 3]))));
        let mut asked = desk.asked();
        asked.sort();
        assert_eq!(asked, [vec![1], vec![1, 2], vec![2], vec![3]]);
    })
    .await;
}

#[tokio::test]
async fn a_refresh_loads_all_keys() {
    isolated(async {
        let desk = Desk::default();
        user::put(1, 0).await.unwrap();
        assert_eq!(users::refresh(&desk, &[1, 2]).await.unwrap(), map(&[1, 2]));
        assert_eq!((desk.asked(), user::peek(1)), (vec![vec![1, 2]], Some(10)));
        assert_eq!(users::uncached(&desk, &[1]).await.unwrap(), map(&[1]));
    })
    .await;
}

#[test]
fn keys_that_the_cache_cannot_serve_are_loaded_each_time() {
    isolated_sync(|| {
        let names = ["a".to_owned(), "x".repeat(MAX_KEY_BYTES)];
        for _ in 0..2 {
            let found = lengths(&names);
            assert_eq!((found.len(), found[&names[0]], found[&names[1]]), (2, 1, MAX_KEY_BYTES));
        }
        assert_eq!(lengths::peek(&names[0]), Some(1));
        let stats = lengths::stats();
        assert_eq!((stats.loads, stats.bypassed), (1, 2));
    });
}

struct Shop(u64);

#[cached_impl(name = "bulk.shop")]
impl Shop {
    #[cached(receiver = self.0, bulk = items, skip(desk))]
    async fn prices(&self, desk: Desk, items: &[u64]) -> Result<HashMap<u64, u64>, Down> {
        desk.load(items).await?;
        Ok(items.iter().map(|item| (*item, self.0 + item)).collect())
    }
}

#[tokio::test]
async fn methods_of_many_keys_tell_their_instances_apart() {
    isolated(async {
        let (desk, one, other) = (Desk::default(), Shop(100), Shop(200));
        assert_eq!(one.prices(desk.clone(), &[1]).await.unwrap()[&1], 101);
        assert_eq!(other.prices(desk.clone(), &[1]).await.unwrap()[&1], 201);
        assert_eq!(Shop::prices_cache().peek(&one, &1), Some(101));
        assert_eq!(Shop::prices_cache().refresh(&one, desk.clone(), &[1]).await.unwrap()[&1], 101);
        assert_eq!(desk.loads(), 3);
    })
    .await;
}

#[test]
fn the_registry_shows_whose_entries_are_used() {
    assert_eq!(users::SITE.key_template().replace(' ', ""), "user(*ids)");
    assert_eq!(generous::SITE.key_template(), "{ids}");
}

/// Of one task, so that nothing but the order of polls decides.
#[test]
fn calls_of_many_keys_in_opposite_order_do_not_wait_for_each_other() {
    isolated_sync(|| {
        let desk = Desk::closed();
        let mut first = Box::pin(users(&desk, &[1, 2]));
        let mut second = Box::pin(users(&desk, &[2, 1]));
        assert!(first.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().is_none());
        desk.open(1);
        assert_eq!(first.now_or_never(), Some(Ok(map(&[1, 2]))));
        assert_eq!(second.now_or_never(), Some(Ok(map(&[1, 2]))));
        assert_eq!(desk.loads(), 1);
    });
}
