//! Each thing that sqlx runs queries on, and each of its queries.
#![cfg(feature = "sqlx-sqlite")]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

use hydracache_db::DbCache;
use hydracache_db::sqlx::{DbErrorKind, SqlxQueryExt, sqlx};
use hydracache_runtime::HydraCache;
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions, SqliteRow};
use sqlx::{Connection, Row};

type User = (i64, String);

async fn pool() -> SqlitePool {
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    sqlx::raw_sql("create table users (id integer primary key, name text not null); insert into users values (42, 'Ada')")
        .execute(&pool)
        .await
        .unwrap();
    pool
}

fn users() -> DbCache {
    DbCache::new(HydraCache::local().build(), "db")
}

async fn rename(pool: &SqlitePool, name: &str) {
    sqlx::query("update users set name = $1 where id = 42").bind(name).execute(pool).await.unwrap();
}

#[tokio::test]
async fn a_query_runs_on_a_pool_a_connection_and_a_pooled_connection() {
    let (pool, users) = (pool().await, users());
    let query = || sqlx::query_as("select id, name from users where id = $1").bind(42_i64);
    let of = |key: &str| users.cached::<User>().key(key);
    let ada: User = (42, "Ada".to_owned());
    assert_eq!(of("a").sqlx_one(pool.clone(), query()).await.unwrap(), ada);
    assert_eq!(of("b").sqlx_one(&pool, query()).await.unwrap(), ada);
    let mut pooled = pool.acquire().await.unwrap();
    assert_eq!(of("c").sqlx_one(&mut pooled, query()).await.unwrap(), ada);
    assert_eq!(of("d").sqlx_one(&mut *pooled, query()).await.unwrap(), ada);
    drop(pooled);
    rename(&pool, "Grace").await;
    for key in ["a", "b", "c", "d"] {
        assert_eq!(of(key).sqlx_one(&pool, query()).await.unwrap(), ada, "{key} is a hit");
    }
}

#[tokio::test]
async fn each_kind_of_query_is_read() {
    let (pool, users) = (pool().await, users());
    let name = String::from("Ada");
    let borrowed = name.as_str();
    let by_name = sqlx::query_as("select id, name from users where name = $1").bind(borrowed);
    let found: User = users.cached().key("as").sqlx_one(&pool, by_name).await.unwrap();
    assert_eq!(found.0, 42);
    let query = sqlx::query("select id, name from users");
    let found: Vec<User> = users.cached().key("query").sqlx_all(&pool, query).await.unwrap();
    assert_eq!(found.len(), 1);
    let scalar = sqlx::query_scalar("select count(*) from users");
    let count: i64 = users.cached().key("scalar").sqlx_one(&pool, scalar).await.unwrap();
    assert_eq!(count, 1);
    let mapped = sqlx::query("select name from users").map(|row: SqliteRow| row.get::<String, _>(0));
    let found: Option<String> = users.cached().key("map").sqlx_optional(&pool, mapped).await.unwrap();
    assert_eq!(found.as_deref(), Some("Ada"));
}

#[tokio::test]
async fn inside_of_a_transaction_the_cache_is_left_out() {
    let (pool, users) = (pool().await, users());
    let query = || sqlx::query_scalar("select name from users where id = 42");
    let of = || users.entity::<String>("user", 42);
    assert_eq!(of().sqlx_one(&pool, query()).await.unwrap(), "Ada");
    let mut connection = pool.acquire().await.unwrap();
    let mut tx = connection.begin().await.unwrap();
    sqlx::query("update users set name = 'Grace'").execute(&mut *tx).await.unwrap();
    assert_eq!(of().sqlx_one(&mut tx, query()).await.unwrap(), "Grace");
    assert_eq!(of().sqlx_one(&mut *tx, query()).await.unwrap(), "Grace");
    assert_eq!(of().cached_in_transaction().sqlx_one(&mut tx, query()).await.unwrap(), "Ada");
    tx.rollback().await.unwrap();
    drop(connection);
    assert_eq!(of().sqlx_one(&pool, query()).await.unwrap(), "Ada");
}

#[tokio::test]
async fn what_is_read_in_a_transaction_of_ours_is_stored_at_its_commit() {
    let (pool, users) = (pool().await, users());
    let query = || sqlx::query_scalar("select name from users where id = 42");
    let of = || users.entity::<String>("user", 42).cached_in_transaction();
    let mut tx = users.begin(&pool).await.unwrap();
    assert_eq!(of().sqlx_one(&mut tx, query()).await.unwrap(), "Ada");
    assert!(!users.cache().contains_key("db:user:42").await, "nothing is committed yet");
    tx.commit().await.unwrap();
    rename(&pool, "Grace").await;
    assert_eq!(of().sqlx_one(&pool, query()).await.unwrap(), "Ada", "it is a hit");
    // What was invalidated since the transaction began is not stored.
    users.clear().await.unwrap();
    let mut tx = users.begin(&pool).await.unwrap();
    assert_eq!(of().sqlx_one(&mut tx, query()).await.unwrap(), "Grace");
    users.invalidate_entity_named("user", 42).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!users.cache().contains_key("db:user:42").await);
}

#[tokio::test]
async fn a_transaction_invalidates_after_its_commit_and_only_then() {
    let (pool, users) = (pool().await, users());
    let query = || sqlx::query_scalar("select name from users where id = 42");
    let of = || users.entity::<String>("user", 42);
    of().sqlx_one(&pool, query()).await.unwrap();
    let mut tx = users.begin(&pool).await.unwrap();
    sqlx::query("update users set name = 'Grace'").execute(&mut *tx).await.unwrap();
    tx.invalidates_entity_named("user", 42).invalidates_tag("reports");
    assert!(users.cache().contains_key("db:user:42").await);
    tx.rollback().await.unwrap();
    assert!(users.cache().contains_key("db:user:42").await);
    let mut tx = users.begin(&pool).await.unwrap();
    tx.invalidates_entity_named("user", 42);
    drop(tx);
    assert!(users.cache().contains_key("db:user:42").await);
    let mut tx = users.begin(&pool).await.unwrap();
    sqlx::query("update users set name = 'Grace'").execute(&mut *tx).await.unwrap();
    tx.invalidates_entity_named("user", 42);
    tx.commit().await.unwrap();
    assert_eq!(of().sqlx_one(&pool, query()).await.unwrap(), "Grace");
}

#[tokio::test]
async fn a_transaction_in_a_transaction_is_refused() {
    let (pool, users) = (pool().await, users());
    let mut tx = users.begin(&pool).await.unwrap();
    let error = users.begin(&mut *tx).await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::NestedTransaction);
}

#[tokio::test]
async fn errors_say_what_was_read() {
    let (pool, users) = (pool().await, users());
    let missing = sqlx::query_scalar("select name from users where id = 7");
    let error =
        users.entity::<String>("user", 7).with_name("load-user").sqlx_one(&pool, missing).await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::NotFound);
    assert_eq!(
        (error.operation(), error.entity(), error.key()),
        ("load-user", Some("user"), Some("db:user:7"))
    );
    assert!(matches!(error.downcast_ref(), Some(sqlx::Error::RowNotFound)));
    let unmapped = sqlx::query_as("select name, id from users");
    let error = users.entity::<User>("user", 42).sqlx_one(&pool, unmapped).await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::Mapping);
    let refused = sqlx::query_as("select * from nowhere");
    let error = users.collection::<User>("users").sqlx_all(&pool, refused).await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::Query);
    let held = pool.acquire().await.unwrap();
    let slow = pool.options().clone();
    drop((held, slow));
    pool.close().await;
    let closed = sqlx::query_as("select id, name from users");
    let error = users.collection::<User>("users").sqlx_all(&pool, closed).await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::PoolExhausted);
    assert!(users.cache().diagnostics().await.is_empty() || users.cache().stats().loads > 0);
}

#[tokio::test]
async fn a_function_that_returns_errors_of_sqlx_still_does() {
    async fn name(pool: &SqlitePool, users: &DbCache, sql: &'static str) -> sqlx::Result<String> {
        Ok(users.cached().key(sql).sqlx_one(pool, sqlx::query_scalar(sql)).await?)
    }

    async fn rename(pool: &SqlitePool, users: &DbCache) -> hydracache_db::sqlx::Result<()> {
        let mut tx = users.begin(pool).await?;
        sqlx::query("update users set name = 'Grace'").execute(&mut *tx).await?;
        sqlx::query("update nowhere set name = 'Grace'").execute(&mut *tx).await?;
        tx.commit().await
    }

    let (pool, users) = (pool().await, users());
    assert_eq!(name(&pool, &users, "select name from users").await.unwrap(), "Ada");
    let missing = name(&pool, &users, "select name from users where id = 7").await;
    assert!(matches!(missing, Err(sqlx::Error::RowNotFound)));
    let refused = name(&pool, &users, "select name from nowhere").await.unwrap_err();
    let Some(error) = refused.as_database_error() else { panic!("{refused:?}") };
    assert!(error.message().contains("no such table"), "{error}");
    assert_eq!(error.code().as_deref(), Some("1"));
    let unmapped = name(&pool, &users, "select id from users").await;
    assert!(matches!(unmapped, Err(sqlx::Error::Decode(_))), "{unmapped:?}");
    let error = rename(&pool, &users).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (DbErrorKind::Query, "a statement of sqlx"));
    pool.close().await;
    let closed = name(&pool, &users, "select name from users where id = 8").await;
    assert!(matches!(closed, Err(sqlx::Error::PoolClosed)), "{closed:?}");
}
