//! Many rows at once are one query of those that are missing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::kit::user::{User, by_id, by_ids};
use crate::kit::{Adapter, Suite};

/// Which ids were asked for, by each query.
type Asked = Arc<Mutex<Vec<Vec<i64>>>>;

async fn load<A: Adapter>(
    suite: &Suite<A>,
    ids: impl IntoIterator<Item = i64>,
    asked: &Asked,
) -> HashMap<i64, User> {
    let load = |missing: Vec<i64>| {
        let loading = suite.adapter.plain(by_ids(&missing));
        asked.lock().unwrap().push(missing);
        loading
    };
    suite.users.for_entities::<User>(ids).load_many(load).await.unwrap()
}

/// What was asked for since this was asked, in the order of the ids.
fn queries(asked: &Asked) -> Vec<Vec<i64>> {
    let mut queries = std::mem::take(&mut *asked.lock().unwrap());
    for ids in &mut queries {
        ids.sort_unstable();
    }
    queries
}

async fn a_thousand_users<A: Adapter>(suite: &Suite<A>) {
    let rows: Vec<_> = (4..=1000).map(|id| format!("({id}, 'user {id}', 1)")).collect();
    suite.outside().run(&format!("insert into users values {}", rows.join(", "))).await;
}

pub(crate) async fn a_thousand_of_which_nine_hundred_are_cached_are_one_query_of_a_hundred<A: Adapter>(
    suite: Suite<A>,
) {
    a_thousand_users(&suite).await;
    let asked = Asked::default();
    // Every tenth is not asked for yet.
    assert_eq!(load(&suite, (1..=1000).filter(|id| id % 10 != 0), &asked).await.len(), 900);
    assert_eq!(queries(&asked).iter().map(Vec::len).collect::<Vec<_>>(), [900]);
    let found = load(&suite, (1..=1000).chain([10, 11]), &asked).await;
    let missing: Vec<_> = (1..=100).map(|tenth| tenth * 10).collect();
    assert_eq!(queries(&asked), [missing]);
    assert_eq!(found.len(), 1000);
    assert!(found.iter().all(|(id, user)| *id == user.id));
    assert_eq!(suite.adapter.rows_read(), 1000);
    load(&suite, 1..=1000, &asked).await;
    assert_eq!(queries(&asked), [[0; 0]; 0]);
    // Each has a fate of its own.
    suite.users.invalidate_entity::<User>(500).await.unwrap();
    suite.outside().rename(500, "new").await;
    assert_eq!(load(&suite, 1..=1000, &asked).await[&500].name, "new");
    assert_eq!(queries(&asked), [[500]]);
}

pub(crate) async fn ids_without_a_row_are_remembered<A: Adapter>(suite: Suite<A>) {
    let asked = Asked::default();
    assert_eq!(load(&suite, [1, 2, 8, 9], &asked).await.len(), 2);
    suite.outside().run("insert into users values (8, 'Joan', 1), (9, 'Joan', 1)").await;
    assert_eq!(load(&suite, [1, 8, 9, 3], &asked).await.len(), 2);
    assert_eq!(queries(&asked), [vec![1, 2, 8, 9], vec![3]]);
    assert_eq!(suite.user(8).await, None);
    suite.users.invalidate_entity::<User>(9).await.unwrap();
    let found = load(&suite, [8, 9], &asked).await;
    assert_eq!(queries(&asked), [[9]]);
    assert_eq!(found.into_keys().collect::<Vec<_>>(), [9]);
}

pub(crate) async fn single_and_bulk_reads_share_what_is_cached<A: Adapter>(suite: Suite<A>) {
    let asked = Asked::default();
    assert_eq!(suite.name(1).await, "Ada");
    assert_eq!(suite.user(9).await, None);
    assert_eq!(load(&suite, [1, 2, 9], &asked).await.len(), 2);
    assert_eq!(queries(&asked), [[2]]);
    suite.outside().run("update users set name = 'new'").await;
    assert_eq!(suite.adapter.one(suite.of(2), &by_id(2)).await.unwrap().name, "Grace");
    // A collection takes what was read in bulk as well.
    suite.users.invalidate_collection("users").await.unwrap();
    assert_eq!(load(&suite, [1, 2], &asked).await[&2].name, "new");
    assert_eq!(queries(&asked), [[1, 2]]);
}
