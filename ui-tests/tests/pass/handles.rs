//! What stands beside a function.

#![deny(warnings)]

use hydracache::{Source, cached};

#[cached(name = "users.get", key = "user:{id}", tags = ["region:{region}"])]
async fn get_user(_db: &str, id: u64, region: &str) -> Result<String, std::num::ParseIntError> {
    Ok(format!("{id}{region}"))
}

#[cached(handle = score_entries)]
fn score(id: u64) -> u64 {
    id
}

mod score {}

#[cached(handle = none)]
fn without(id: u64) -> u64 {
    id
}

mod without {}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(get_user::NAME, "users.get");
    assert_eq!(get_user::key(1).as_str(), "users.get@0:user:1");
    assert_eq!(get_user::peek(1), None);
    assert_eq!(get_user::fetch("db", 1, "eu").await.unwrap().source, Source::Loaded);
    assert_eq!(get_user::fetch("db", 1, "eu").await.unwrap().source, Source::Hit);
    assert_eq!(get_user::uncached("db", 2, "eu").await.unwrap(), "2eu");
    assert_eq!(get_user::refresh("db", 1, "us").await.unwrap(), "1us");
    assert_eq!(get_user::peek(1).as_deref(), Some("1us"));
    get_user::put(1, "eu", "put".to_owned()).await.unwrap();
    assert_eq!(get_user("db", 1, "eu").await.unwrap(), "put");
    assert!(get_user::invalidate(1).await.unwrap());
    get_user::put(1, "eu", "put".to_owned()).fire();
    assert!(get_user::expire(1).local().unwrap());
    get_user::clear().fire();
    assert_eq!(get_user::stats().loads, 2);
    assert_eq!((score(1), score_entries::peek(1), without(1)), (1, Some(1), 1));
}
