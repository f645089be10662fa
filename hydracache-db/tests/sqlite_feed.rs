//! What the connections of this process change in SQLite.
#![cfg(feature = "sqlx-sqlite")]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod servers;

use std::str::FromStr;

use hydracache_db::sqlite::SqliteFeed;
use hydracache_db::sqlx::SqlxQueryExt;
use hydracache_db::{CacheEntity, DbCache, DbErrorKind};
use hydracache_runtime::HydraCache;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, SqlitePool};

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct User(i64, String);

impl CacheEntity for User {
    type Id = i64;
    const ENTITY: &'static str = "user";
    const COLLECTION: Option<&'static str> = Some("users");
    const TABLE: Option<&'static str> = Some("users");
}

struct Service {
    pool: SqlitePool,
    users: DbCache,
    feed: SqliteFeed,
    _folder: tempfile::TempDir,
}

impl Service {
    async fn start() -> Self {
        let (url, folder) = servers::sqlite();
        let options = SqliteConnectOptions::from_str(&url).unwrap().journal_mode(SqliteJournalMode::Wal);
        let users = DbCache::new(HydraCache::local().build(), "users");
        let feed = SqliteFeed::builder().rows_of::<User>(&users).unwrap().start(&options).await.unwrap();
        let hooks = feed.clone();
        let pool = SqlitePoolOptions::new().max_connections(4).after_connect(move |connection, _| {
            let hooks = hooks.clone();
            Box::pin(async move { hooks.attach(connection).await })
        });
        let pool = pool.connect_with(options).await.unwrap();
        let service = Self { pool, users, feed, _folder: folder };
        service.write("create table users (id integer primary key, name text not null); create table other (id integer)").await;
        service.write("insert into users values (1, 'Ada'), (2, 'Grace')").await;
        service
    }

    async fn write(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.pool).await.unwrap();
        self.feed.caught_up().await.unwrap();
    }

    async fn name(&self, id: i64) -> Option<String> {
        let query = sqlx::query_scalar("select name from users where id = $1").bind(id);
        self.users.entity::<String>("user", id).sqlx_optional(&self.pool, query).await.unwrap()
    }

    async fn count(&self) -> i64 {
        let query = sqlx::query_scalar("select count(*) from users");
        self.users.collection::<i64>("users").sqlx_one(&self.pool, query).await.unwrap()
    }

    fn loads(&self) -> u64 {
        self.users.cache().stats().loads
    }
}

#[tokio::test]
async fn what_a_connection_changes_is_read_anew_and_nothing_else_is() {
    let service = Service::start().await;
    assert_eq!((service.name(1).await.as_deref(), service.count().await), (Some("Ada"), 2));
    assert_eq!(service.name(2).await.as_deref(), Some("Grace"));
    let loads = service.loads();
    service.write("update users set name = 'Augusta' where id = 1").await;
    assert_eq!(service.name(1).await.as_deref(), Some("Augusta"));
    assert_eq!(service.name(2).await.as_deref(), Some("Grace"));
    assert_eq!(service.loads(), loads + 1);
    service.write("delete from users where id = 2").await;
    assert_eq!((service.name(2).await, service.count().await), (None, 1));
}

#[tokio::test]
async fn what_is_rolled_back_or_of_no_concern_is_passed_over() {
    let service = Service::start().await;
    service.name(1).await;
    let loads = service.loads();
    service.write("begin; update users set name = 'x'; rollback").await;
    service.write("insert into other values (1)").await;
    assert_eq!(service.name(1).await.as_deref(), Some("Ada"));
    assert_eq!(service.loads(), loads);
}

#[tokio::test]
async fn a_commit_of_which_nothing_is_told_drops_everything() {
    let service = Service::start().await;
    assert_eq!(service.count().await, 2);
    service.write("delete from users").await;
    assert_eq!((service.name(1).await, service.count().await), (None, 0));
}

#[tokio::test]
async fn rows_of_a_delete_without_where_are_told_beside_other_changes() {
    let service = Service::start().await;
    // Connections that are made from now on find the table.
    let mut connections = Vec::new();
    for _ in 0..4 {
        connections.push(service.pool.acquire().await.unwrap());
    }
    for connection in connections {
        connection.close().await.unwrap();
    }
    assert_eq!((service.name(1).await.as_deref(), service.count().await), (Some("Ada"), 2));
    service.write("begin; delete from users; insert into other values (1); commit").await;
    assert_eq!((service.name(1).await, service.count().await), (None, 0));
}

#[tokio::test]
async fn a_load_under_way_at_the_commit_is_not_kept() {
    let service = Service::start().await;
    for round in 0..200 {
        let write = sqlx::query("update users set name = $1 where id = 1").bind(round.to_string());
        let (written, _) = tokio::join!(write.execute(&service.pool), service.name(1));
        written.unwrap();
        service.feed.caught_up().await.unwrap();
        assert_eq!(service.name(1).await, Some(round.to_string()));
    }
}

#[tokio::test]
async fn an_entity_without_a_table_is_told_how() {
    struct Unknown;

    impl CacheEntity for Unknown {
        type Id = i64;
        const ENTITY: &'static str = "unknown";
    }

    let users = DbCache::new(HydraCache::local().build(), "users");
    let error = SqliteFeed::builder().rows_of::<Unknown>(&users).unwrap_err();
    assert_eq!((error.kind(), error.entity()), (DbErrorKind::NoTable, Some("unknown")));
}
