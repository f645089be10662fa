//! Functions of many keys: slices and `Vec`s in, maps and `Vec`s out, methods, blocking ones, and shared entries.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use hydracache::{CacheResult, cached, cached_impl};
use serde::{Deserialize, Serialize};

static ASKED: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
}

fn user(id: u64) -> User {
    User { id, name: format!("user {id}") }
}

struct Db;

#[cached(name = "users.get", key = "user:{id}", tags = ["users", "user:{id}"], ttl = "5m")]
async fn get_user(db: &Db, id: u64) -> Result<User, io::Error> {
    let _ = db;
    Ok(user(id))
}

#[cached(bulk = ids, entries = get_user(*ids))]
async fn get_users(db: &Db, ids: &[u64]) -> Result<HashMap<u64, User>, io::Error> {
    let _ = db;
    tokio::task::yield_now().await;
    ASKED.fetch_add(ids.len(), Ordering::Relaxed);
    Ok(ids.iter().filter(|id| **id < 100).map(|id| (*id, user(*id))).collect())
}

#[cached(name = "listed", bulk = ids, by = |user| user.id, key = "{tenant}:{ids}", tags = ["tenant:{tenant}", "user:{ids}"])]
async fn listed(tenant: u32, ids: Vec<u64>) -> Vec<User> {
    let _ = tenant;
    ids.into_iter().map(user).collect()
}

#[cached(name = "blocking", bulk = names, none = "skip")]
fn blocking(names: &Vec<String>) -> BTreeMap<String, Option<usize>> {
    names.iter().map(|name| (name.clone(), (!name.is_empty()).then_some(name.len()))).collect()
}

#[derive(Clone)]
struct Repository {
    tenant: u32,
}

#[cached_impl(name = "repository")]
impl Repository {
    #[cached(receiver = self.tenant, bulk = ids, unless = |name| name.is_empty())]
    async fn names(&self, ids: &[u64]) -> Result<HashMap<u64, String>, io::Error> {
        Ok(ids.iter().map(|id| (*id, format!("{}/{id}", self.tenant))).collect())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> CacheResult<()> {
    let db = Db;
    get_user(&db, 1).await.unwrap();
    let users = get_users(&db, &[1, 2, 3, 2, 200]).await.unwrap();
    assert_eq!(users.len(), 3);
    assert_eq!(ASKED.load(Ordering::Relaxed), 3, "the first was there, and each is asked for once");
    assert_eq!(get_user::peek(3), Some(user(3)), "the entries are those of the other function");
    assert_eq!(get_users::stats().loads, 0);
    get_user::invalidate(2).await?;
    get_users(&db, &[1, 2, 3]).await.unwrap();
    assert_eq!(ASKED.load(Ordering::Relaxed), 4);
    get_users::refresh(&db, &[1, 2]).await.unwrap();
    assert_eq!(ASKED.load(Ordering::Relaxed), 6);
    get_users::uncached(&db, &[1]).await.unwrap();

    assert_eq!(listed(7, vec![2, 1]).await, [user(2), user(1)]);
    assert_eq!(listed(7, vec![1, 2, 3]).await, [user(1), user(2), user(3)]);
    assert_eq!(listed::stats().loads, 3);
    assert_eq!(listed::key(7, &1).as_str(), "listed@0:7:1");
    assert_eq!(listed::peek(7, &3), Some(user(3)));
    listed::put(7, &9, user(10)).await?;
    assert_eq!(listed(7, vec![9]).await, [user(10)]);
    assert!(listed::invalidate(7, &9).await?);
    listed::clear().await?;
    assert_eq!(listed::peek(7, &3), None);

    let names = vec!["a".to_owned(), String::new()];
    assert_eq!(blocking(&names), BTreeMap::from([("a".to_owned(), Some(1)), (String::new(), None)]));
    assert_eq!(blocking::peek(&"a".to_owned()), Some(Some(1)));
    assert_eq!(blocking::peek(&String::new()), None);

    let repository = Repository { tenant: 7 };
    assert_eq!(repository.names(&[1]).await.unwrap()[&1], "7/1");
    assert_eq!(Repository::names_cache().peek(&repository, &1).unwrap(), "7/1");
    Ok(())
}
