//! Functions that write: what they invalidate, when, and what they store.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use futures_util::poll;
use hydracache::{CacheOptions, HydraCache, Runtime, cache_put, cached, invalidates};
use serde::{Deserialize, Serialize};

use crate::support::{isolated, isolated_sync};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct User {
    id: u64,
    team: String,
    name: String,
}

fn user(id: u64, name: &str) -> User {
    User { id, team: "blue".to_owned(), name: name.to_owned() }
}

#[derive(Debug, PartialEq, Eq)]
struct Refused;

/// A table that can refuse and stop.
#[derive(Debug, Default)]
struct Table {
    rows: Mutex<BTreeMap<u64, User>>,
    gate: tokio::sync::Notify,
}

impl Table {
    fn write(&self, user: &User) -> Result<(), Refused> {
        if user.name.is_empty() {
            return Err(Refused);
        }
        self.rows.lock().unwrap().insert(user.id, user.clone());
        Ok(())
    }
}

#[cached(name = "writes.get", key = "user:{id}", tags = ["team:blue"])]
async fn get(table: &Table, id: u64) -> Option<User> {
    table.rows.lock().unwrap().get(&id).cloned()
}

#[cached(name = "writes.names", skip(table), tags = ["names"])]
async fn names(table: &Table) -> Vec<String> {
    table.rows.lock().unwrap().values().map(|user| user.name.clone()).collect()
}

#[invalidates(get(user.id), all(names))]
async fn save(table: &Table, user: &User) -> Result<(), Refused> {
    tokio::task::yield_now().await;
    table.write(user)?;
    Ok(())
}

#[invalidates(get(result.id), tags = ["names"])]
async fn create(table: &Table, name: String) -> Result<User, Refused> {
    let user = user(table.rows.lock().unwrap().len() as u64 + 1, &name);
    table.write(&user).map(|()| user)
}

#[tokio::test]
async fn a_write_invalidates_what_it_names() {
    isolated(async {
        let table = Table::default();
        save(&table, &user(1, "Ada")).await.unwrap();
        assert_eq!(get(&table, 1).await.unwrap().name, "Ada");
        assert_eq!(names(&table).await, ["Ada"]);
        save(&table, &user(1, "Grace")).await.unwrap();
        assert_eq!(get(&table, 1).await.unwrap().name, "Grace");
        assert_eq!(names(&table).await, ["Grace"]);
    })
    .await;
}

#[tokio::test]
async fn an_error_means_that_nothing_was_written() {
    isolated(async {
        let table = Table::default();
        save(&table, &user(1, "Ada")).await.unwrap();
        get(&table, 1).await;
        assert_eq!(save(&table, &user(1, "")).await, Err(Refused));
        assert!(get::peek(1).is_some());
    })
    .await;
}

#[tokio::test]
async fn what_the_outcome_tells_is_invalidated_after_it() {
    isolated(async {
        let table = Table::default();
        assert_eq!((get(&table, 1).await, names(&table).await.len()), (None, 0));
        assert_eq!(create(&table, "Ada".to_owned()).await.unwrap().id, 1);
        assert_eq!(get(&table, 1).await.unwrap().name, "Ada");
        assert_eq!(names(&table).await, ["Ada"]);
    })
    .await;
}

#[invalidates(get(id), when = |moved| *moved)]
async fn move_to(table: &Table, id: u64, moves: bool) -> bool {
    let _ = (table, id);
    moves
}

#[invalidates(get(id), at = "always")]
async fn always(table: &Table, id: u64) -> Result<(), Refused> {
    let _ = table;
    let _ = id;
    Err(Refused)
}

#[invalidates(get(id), at = "before")]
async fn before(id: u64) -> bool {
    get::peek(id).is_none()
}

#[tokio::test]
async fn when_and_at_say_whether_and_at_what_moment() {
    isolated(async {
        let table = Table::default();
        table.write(&user(1, "Ada")).unwrap();
        get(&table, 1).await;
        assert!(!move_to(&table, 1, false).await);
        assert!(get::peek(1).is_some());
        assert!(move_to(&table, 1, true).await);
        assert!(get::peek(1).is_none());
        get(&table, 1).await;
        assert_eq!(always(&table, 1).await, Err(Refused));
        assert!(get::peek(1).is_none());
        get(&table, 1).await;
        assert!(before(1).await, "it was gone when the body ran");
    })
    .await;
}

#[invalidates(get(id))]
async fn slow(table: Arc<Table>, id: u64) -> Result<(), Refused> {
    table.gate.notified().await;
    panic!("user {id} is a trap");
}

#[tokio::test]
async fn a_body_that_is_dropped_or_panics_may_have_written() {
    isolated(async {
        let table = Arc::new(Table::default());
        table.write(&user(1, "Ada")).unwrap();
        get(&table, 1).await;
        {
            let unpolled = slow(Arc::clone(&table), 1);
            drop(unpolled);
            assert!(get::peek(1).is_some(), "what was never polled wrote nothing");
            let mut call = pin!(slow(Arc::clone(&table), 1));
            assert!(poll!(call.as_mut()).is_pending());
        }
        assert!(get::peek(1).is_none());
        get(&table, 1).await;
        let call = tokio::spawn(Runtime::current().scope(slow(Arc::clone(&table), 1)));
        tokio::task::yield_now().await;
        table.gate.notify_one();
        assert!(call.await.unwrap_err().is_panic());
        assert!(get::peek(1).is_none());
    })
    .await;
}

#[cached(name = "writes.length", key = "{text}", tags = ["lengths"])]
fn length(text: &str) -> usize {
    text.len()
}

#[invalidates(length(text), tags = ["lengths", "of:{text}"], cache = "side")]
fn forget(text: &str) -> usize {
    if text.is_empty() {
        return 0;
    }
    text.len()
}

#[test]
fn a_blocking_function_invalidates_too_and_tags_go_where_it_says() {
    isolated_sync(|| {
        let side = Runtime::current().cache("side").unwrap().clone();
        let put = || side.put("k", 1_u8, CacheOptions::new().tag("of:abc")).local().unwrap();
        put();
        length("abc");
        assert_eq!(forget("abc"), 3);
        assert_eq!((length::peek("abc"), side.peek::<u8>("k").unwrap()), (None, None));
        put();
        assert_eq!(forget(""), 0);
        assert_eq!(side.peek::<u8>("k").unwrap(), Some(1));
    });
}

/// A repository whose methods write.
struct Users {
    table: Table,
    notes: HydraCache,
}

impl Users {
    #[invalidates(get(user.id))]
    #[invalidates(tags = ["noted", "user:{user.id}"], cache = self.notes)]
    async fn save(&self, user: User) -> Result<u64, Refused> {
        self.table.write(&user)?;
        let User { id, .. } = user;
        Ok(id)
    }
}

#[tokio::test]
async fn a_method_invalidates_and_several_attributes_add_up() {
    isolated(async {
        let notes = HydraCache::local().build();
        notes.put("note", 1_u8, CacheOptions::new().tag("user:1")).await.unwrap();
        let users = Users { table: Table::default(), notes: notes.clone() };
        assert_eq!(get(&users.table, 1).await, None);
        assert_eq!(users.save(user(1, "Ada")).await, Ok(1));
        assert_eq!(get(&users.table, 1).await, Some(user(1, "Ada")));
        assert_eq!(notes.peek::<u8>("note").unwrap(), None);
    })
    .await;
}

#[cached(name = "writes.row", key = "{id}", tags = ["rows", "row:{id}"])]
async fn row(table: &Table, id: u64) -> User {
    table.rows.lock().unwrap()[&id].clone()
}

#[cache_put(row(user.id) = user)]
async fn put(table: &Table, user: &User) -> Result<(), Refused> {
    table.write(user)
}

#[cache_put(row(id))]
#[invalidates(all(names))]
async fn rename(table: Arc<Table>, id: u64, name: String) -> Result<User, Refused> {
    if name == "slow" {
        table.gate.notified().await;
    }
    let renamed = user(id, &name);
    table.write(&renamed)?;
    Ok(renamed)
}

#[tokio::test]
async fn what_was_written_is_stored_with_the_tags_of_the_read() {
    isolated(async {
        let table = Table::default();
        put(&table, &user(1, "Ada")).await.unwrap();
        assert_eq!(row::peek(1), Some(user(1, "Ada")));
        assert_eq!(put(&table, &user(1, "")).await, Err(Refused));
        assert_eq!(row::peek(1), Some(user(1, "Ada")), "nothing was written");
        Runtime::current().default_cache().invalidate_tag("row:1").await.unwrap();
        assert_eq!(row::peek(1), None);
        put(&table, &user(1, "Ada")).await.unwrap();
        row::clear().await.unwrap();
        assert_eq!(row::peek(1), None);
    })
    .await;
}

#[tokio::test]
async fn writes_that_meet_store_nothing() {
    isolated(async {
        let table = Arc::new(Table::default());
        let first = rename(Arc::clone(&table), 1, "Ada".to_owned()).await.unwrap();
        assert_eq!(row::peek(1), Some(first));
        let mut slow = pin!(rename(Arc::clone(&table), 1, "slow".to_owned()));
        assert!(poll!(slow.as_mut()).is_pending());
        rename(Arc::clone(&table), 1, "Grace".to_owned()).await.unwrap();
        assert_eq!(row::peek(1), None, "who of them was last is not known here");
        table.gate.notify_one();
        slow.await.unwrap();
        assert_eq!(row::peek(1), None);
        assert_eq!(row(&table, 1).await.name, "slow");
    })
    .await;
}

#[cached(name = "writes.team", key = "{id}", tags = |team| {
    assert!(*team != 13, "an unlucky team");
    [format!("team:{team}")]
})]
async fn team(id: u32) -> u32 {
    id
}

#[cache_put(team(id))]
async fn set_team(id: u32, team: u32) -> Result<u32, Refused> {
    let _ = id;
    Ok(team)
}

#[tokio::test]
async fn a_write_whose_outcome_cannot_be_described_takes_the_entry_out_and_leaves_nothing_behind() {
    isolated(async {
        assert_eq!(team(5).await, 5);
        let call = tokio::spawn(Runtime::current().scope(set_team(5, 13)));
        assert!(call.await.unwrap_err().is_panic());
        assert_eq!(team::peek(5), None);
        set_team(5, 7).await.unwrap();
        assert_eq!(team::peek(5), Some(7));
    })
    .await;
}

/// A value whose drop panics when it is asked to.
#[derive(Debug, Clone)]
struct Bomb(Arc<std::sync::atomic::AtomicBool>);

impl Drop for Bomb {
    fn drop(&mut self) {
        let explodes =
            Arc::strong_count(&self.0) == 2 && self.0.swap(false, std::sync::atomic::Ordering::SeqCst);
        assert!(!explodes, "a value panics when it is dropped");
    }
}

#[cached(name = "writes.bomb", key = "{id}", memory_only)]
async fn bomb(id: u32, armed: Arc<std::sync::atomic::AtomicBool>) -> Bomb {
    let _ = id;
    Bomb(armed)
}

#[invalidates(bomb(id), team(id))]
async fn blow(id: u32) {
    let _ = id;
}

#[tokio::test]
async fn a_value_that_panics_when_it_is_dropped_does_not_keep_others_from_being_invalidated() {
    isolated(async {
        let armed = Arc::new(std::sync::atomic::AtomicBool::new(false));
        drop(bomb(5, Arc::clone(&armed)).await);
        team(5).await;
        armed.store(true, std::sync::atomic::Ordering::SeqCst);
        let _ = tokio::spawn(Runtime::current().scope(blow(5))).await;
        assert!(!armed.load(std::sync::atomic::Ordering::SeqCst), "it did panic");
        assert_eq!((bomb::peek(5).is_none(), team::peek(5)), (true, None));
    })
    .await;
}
