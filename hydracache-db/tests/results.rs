//! Results are cached under their entity or collection, and invalidated inside their namespace.

#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hydracache_db::DbCache;
use hydracache_runtime::HydraCache;

type Loaded<T> = Result<T, std::io::Error>;

static LOADS: AtomicU32 = AtomicU32::new(0);

async fn row(queries: &DbCache, id: u32) -> u32 {
    let query = queries.entity("row", id).collection_tag("rows").ttl(Duration::from_secs(60));
    query.fetch_with(|| async { Loaded::Ok(LOADS.fetch_add(1, Ordering::SeqCst)) }).await.unwrap()
}

#[tokio::test]
async fn an_entity_is_loaded_once_until_it_or_its_collection_is_invalidated() {
    let cache = HydraCache::local().build();
    let (one, two) = (DbCache::new(cache.clone(), "one"), DbCache::new(cache.clone(), "two"));
    assert_eq!((row(&one, 1).await, row(&one, 1).await, row(&two, 1).await), (0, 0, 1));
    one.invalidate_entity_named("row", 1).await.unwrap();
    assert_eq!((row(&one, 1).await, row(&two, 1).await), (2, 1), "the other namespace was not meant");
    one.invalidate_collection("rows").await.unwrap();
    assert_eq!(row(&one, 1).await, 3);
    cache.invalidate_tag("row:1").await.unwrap();
    assert_eq!(row(&one, 1).await, 3, "a raw tag does not reach into a namespace");
}

#[tokio::test]
async fn none_and_empty_lists_are_results_and_errors_are_not() {
    let queries = DbCache::new(HydraCache::local().build(), "db");
    assert_eq!(queries.namespace(), "db");
    let missing = || queries.entity::<Option<u8>>("missing", 1);
    assert_eq!(missing().fetch_with(|| async { Loaded::Ok(None) }).await.unwrap(), None);
    assert_eq!(missing().fetch_with(|| async { Loaded::Ok(Some(1)) }).await.unwrap(), None);
    let list = || queries.collection::<Vec<u8>>("list").tag("lists");
    let failed = list().fetch_with(|| async { Loaded::Err(std::io::Error::other("gone")) }).await;
    assert_eq!(failed.unwrap_err().downcast_ref::<std::io::Error>().unwrap().to_string(), "gone");
    assert!(list().fetch_with(|| async { Loaded::Ok(vec![]) }).await.unwrap().is_empty());
    assert!(list().fetch_with(|| async { Loaded::Ok(vec![1]) }).await.unwrap().is_empty());
    queries.invalidate_tag("lists").fire();
    assert_eq!(list().fetch_with(|| async { Loaded::Ok(vec![2]) }).await.unwrap(), [2]);
}
