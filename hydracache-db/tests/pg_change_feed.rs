//! The change feed of PostgreSQL: whoever writes, those who cache learn of it.
#![cfg(feature = "sqlx-postgres")]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod servers;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use hydracache_db::outbox::{self, FollowerHandle};
use hydracache_db::sqlx::SqlxQueryExt;
use hydracache_db::{CacheEntity, DbCache, DbErrorKind, postgres};
use hydracache_runtime::HydraCache;
use sqlx::{AssertSqlSafe, PgPool, Row};

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct User {
    id: i64,
    name: String,
}

impl CacheEntity for User {
    type Id = i64;
    const ENTITY: &'static str = "user";
    const COLLECTION: Option<&'static str> = Some("users");
    const TABLE: Option<&'static str> = Some("users");
    const ID_COLUMN: Option<&'static str> = Some("id");
    const TENANT_COLUMN: Option<&'static str> = Some("tenant");

    fn cache_id(&self) -> Option<&i64> {
        Some(&self.id)
    }
}

impl sqlx::FromRow<'_, sqlx::postgres::PgRow> for User {
    fn from_row(row: &sqlx::postgres::PgRow) -> sqlx::Result<Self> {
        Ok(Self { id: row.try_get("id")?, name: row.try_get("name")? })
    }
}

struct Service {
    pool: PgPool,
    users: DbCache,
    feed: FollowerHandle,
}

impl Service {
    /// A service with cached reads of a table with three users, and a feed of its changes.
    async fn start() -> Option<Self> {
        let pool = PgPool::connect(&servers::postgres().await?).await.unwrap();
        outbox::migrate(&pool).await.unwrap();
        run(&pool, "create table users (id bigint primary key, name text not null, tenant bigint not null default 7)").await;
        run(&pool, "insert into users values (1, 'Ada'), (2, 'Grace'), (3, 'Edith')").await;
        postgres::install_triggers::<User>(&pool).await.unwrap();
        // A migration may be run again.
        postgres::install_triggers::<User>(&pool).await.unwrap();
        let users = DbCache::new(HydraCache::local().build(), "users");
        let feed = postgres::change_feed(pool.clone()).apply_to(&users).start().await.unwrap();
        Some(Self { pool, users, feed })
    }

    /// Somebody writes who knows nothing of caches, and is waited for.
    async fn write(&self, sql: &str) {
        run(&self.pool, sql).await;
        self.feed.caught_up().await.unwrap();
    }

    async fn user(&self, id: i64) -> Option<User> {
        let query = sqlx::query_as("select id, name from users where id = $1").bind(id);
        self.users.for_entity::<User>(id).sqlx_optional(&self.pool, query).await.unwrap()
    }

    async fn name(&self, id: i64) -> Option<String> {
        self.user(id).await.map(|user| user.name)
    }

    async fn all(&self) -> usize {
        let query = sqlx::query_as("select id, name from users");
        self.users.collection::<User>("users").sqlx_all(&self.pool, query).await.unwrap().len()
    }

    fn loads(&self) -> u64 {
        self.users.cache().stats().loads
    }
}

async fn run(pool: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap();
}

#[tokio::test]
async fn what_anybody_changes_is_read_anew_and_nothing_else_is() {
    let Some(service) = Service::start().await else { return };
    assert_eq!(service.name(1).await.as_deref(), Some("Ada"));
    assert_eq!(service.name(2).await.as_deref(), Some("Grace"));
    assert_eq!(service.name(9).await, None);
    assert_eq!(service.all().await, 3);
    let loads = service.loads();
    service.write("update users set name = 'Augusta' where id = 1").await;
    assert_eq!(service.name(1).await.as_deref(), Some("Augusta"));
    assert_eq!(service.name(2).await.as_deref(), Some("Grace"));
    assert_eq!(service.name(9).await, None);
    assert_eq!(service.loads(), loads + 1, "the others were hits");
    assert_eq!(service.all().await, 3);
    assert_eq!(service.loads(), loads + 2, "a list may hold what has changed");
    service.write("insert into users values (9, 'Joan')").await;
    assert_eq!(service.name(9).await.as_deref(), Some("Joan"), "that there was none is no longer true");
    assert_eq!(service.all().await, 4);
    service.write("delete from users where id = 2").await;
    assert_eq!(service.name(2).await, None);
    service.write("update users set id = 2 where id = 3").await;
    assert_eq!((service.name(2).await.as_deref(), service.name(3).await), (Some("Edith"), None));
    service.write("truncate users").await;
    assert_eq!((service.name(1).await, service.all().await), (None, 0));
}

#[tokio::test]
async fn many_rows_are_read_with_one_query() {
    let Some(service) = Service::start().await else { return };
    service.name(2).await;
    let ids = [1, 2, 3, 4];
    let read = || {
        service.users.for_entities::<User>(ids).sqlx_many(&service.pool, |missing| {
            sqlx::query_as("select id, name from users where id = any($1)").bind(missing)
        })
    };
    let found = read().await.unwrap();
    assert_eq!((found.len(), found[&3].name.as_str()), (3, "Edith"));
    let loads = service.loads();
    read().await.unwrap();
    assert_eq!(service.loads(), loads, "also that there is no fourth is known");
    service.write("insert into users values (4, 'Joan')").await;
    assert_eq!(read().await.unwrap().len(), 4);
    assert_eq!(service.loads(), loads + 1);
}

#[tokio::test]
async fn what_was_rolled_back_or_changed_nothing_is_not_told() {
    let Some(service) = Service::start().await else { return };
    service.name(1).await;
    service.write("begin; update users set name = 'x'; rollback").await;
    service.write("update users set name = 'x' where id = 1000").await;
    let loads = service.loads();
    assert_eq!(service.name(1).await.as_deref(), Some("Ada"));
    assert_eq!((service.loads(), service.feed.status().applied), (loads, 0));
}

#[tokio::test]
async fn a_statement_that_changes_much_is_told_of_at_once() {
    let Some(service) = Service::start().await else { return };
    service.write("insert into users select id, 'x' from generate_series(100, 3000) id").await;
    let rows: i64 =
        sqlx::query_scalar("select count(*) from hydracache_outbox").fetch_one(&service.pool).await.unwrap();
    assert_eq!(rows, 1);
    service.name(1).await;
    service.write("update users set name = name || '!'").await;
    assert_eq!(service.name(1).await.as_deref(), Some("Ada!"));
}

#[tokio::test]
async fn ids_are_written_as_they_are_in_keys() {
    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    struct Page;

    impl CacheEntity for Page {
        type Id = String;
        const ENTITY: &'static str = "page:draft";
        const TABLE: Option<&'static str> = Some("pages");
        const ID_COLUMN: Option<&'static str> = Some("path");
    }

    let Some(service) = Service::start().await else { return };
    run(&service.pool, "create table pages (path text primary key, text text)").await;
    postgres::install_triggers::<Page>(&service.pool).await.unwrap();
    for path in ["a:b", "100%", "a%3Ab", "plain"] {
        let read = || {
            service.users.for_entity::<Page>(path.to_owned()).load(|| async { Ok::<_, std::io::Error>(Page) })
        };
        read().await.unwrap();
        let loads = service.loads();
        let insert = sqlx::query("insert into pages values ($1, 'x')").bind(path);
        insert.execute(&service.pool).await.unwrap();
        service.feed.caught_up().await.unwrap();
        read().await.unwrap();
        assert_eq!(service.loads(), loads + 1, "{path}");
    }
}

#[tokio::test]
async fn results_about_a_tenant_follow_its_rows_where_that_is_asked_for() {
    let Some(service) = Service::start().await else { return };
    let sql = postgres::triggers::<User>().unwrap().with_tenant().unwrap().to_string();
    run(&service.pool, &sql).await;
    let of = |tenant: i64| {
        let query = sqlx::query_scalar("select count(*) from users where tenant = $1").bind(tenant);
        let read =
            service.users.cached::<i64>().key(format!("count:{tenant}")).tag(format!("tenant:{tenant}"));
        read.sqlx_one(&service.pool, query)
    };
    assert_eq!((of(7).await.unwrap(), of(8).await.unwrap()), (3, 0));
    service.write("update users set tenant = 8 where id = 1").await;
    assert_eq!((of(7).await.unwrap(), of(8).await.unwrap()), (2, 1), "the old tenant and the new one");
}

#[tokio::test]
async fn two_entities_of_one_table_are_both_told() {
    struct Card;

    impl CacheEntity for Card {
        type Id = i64;
        const ENTITY: &'static str = "card";
        const TABLE: Option<&'static str> = Some("users");
        const ID_COLUMN: Option<&'static str> = Some("id");
    }

    let Some(service) = Service::start().await else { return };
    postgres::install_triggers::<Card>(&service.pool).await.unwrap();
    let card = service.users.entity::<i64>("card", 1);
    card.load(|| async { Ok::<_, std::io::Error>(1) }).await.unwrap();
    service.name(1).await;
    service.write("update users set name = 'x' where id = 1").await;
    assert_eq!(service.name(1).await.as_deref(), Some("x"));
    assert!(!service.users.cache().contains_key("users:card:1").await);
}

#[tokio::test]
async fn a_row_that_is_trimmed_before_it_could_be_seen_is_missed() {
    let Some(service) = Service::start().await else { return };
    let (pool, users) = (service.pool.clone(), service.users.clone());
    let late =
        outbox::OutboxFollower::new(pool.clone()).apply_to(&users).poll_every(Duration::from_secs(3600));
    let late = late.max_lag(Duration::from_secs(3600)).start().await.unwrap();
    drop(service);
    late.caught_up().await.unwrap();
    let load = || async { Ok::<_, std::io::Error>(1) };
    users.entity::<i32>("user", 1).load(load).await.unwrap();
    // It begins first, and what comes after it is read and trimmed before it ends.
    let mut slow = pool.begin().await.unwrap();
    sqlx::query("update users set name = 'slow' where id = 1").execute(&mut *slow).await.unwrap();
    run(&pool, "update users set name = 'fast' where id = 2").await;
    late.caught_up().await.unwrap();
    run(&pool, "update hydracache_outbox set created_at = now() - interval '1 day'").await;
    outbox::trim(&pool, Duration::from_secs(3600)).await.unwrap();
    late.caught_up().await.unwrap();
    users.entity::<i32>("user", 1).load(load).await.unwrap();
    slow.commit().await.unwrap();
    run(&pool, "update hydracache_outbox set created_at = now() - interval '1 day'").await;
    assert_eq!(outbox::trim(&pool, Duration::from_secs(3600)).await.unwrap(), 1);
    late.caught_up().await.unwrap();
    assert!(!users.cache().contains_key("users:user:1").await, "nobody has read the row");
}

#[tokio::test]
async fn a_transaction_that_began_first_and_ends_last_is_not_missed() {
    let Some(service) = Service::start().await else { return };
    service.name(1).await;
    service.name(2).await;
    // Its row of the outbox has the lower number, and cannot be seen yet.
    let mut slow = service.pool.begin().await.unwrap();
    sqlx::query("update users set name = 'slow' where id = 1").execute(&mut *slow).await.unwrap();
    service.write("update users set name = 'fast' where id = 2").await;
    assert_eq!(service.name(2).await.as_deref(), Some("fast"), "nobody waits for the slow one");
    assert_eq!(service.name(1).await.as_deref(), Some("Ada"));
    slow.commit().await.unwrap();
    service.feed.caught_up().await.unwrap();
    assert_eq!(service.name(1).await.as_deref(), Some("slow"));
    assert_eq!(service.feed.status().applied, 2, "each once");
}

#[tokio::test]
async fn what_others_say_on_the_channel_does_no_harm() {
    let Some(service) = Service::start().await else { return };
    service.name(1).await;
    // As long as PostgreSQL lets a payload be; it refuses longer ones itself.
    service.write("select pg_notify('hydracache_outbox', repeat('x', 7999))").await;
    let longer =
        sqlx::query("select pg_notify('hydracache_outbox', repeat('x', 8000))").execute(&service.pool).await;
    assert!(longer.is_err());
    let loads = service.loads();
    service.name(1).await;
    assert_eq!(service.loads(), loads);
}

#[tokio::test]
async fn a_notification_arrives_before_the_next_look() {
    let Some(service) = Service::start().await else { return };
    service.name(1).await;
    let slow = postgres::change_feed(service.pool.clone()).poll_every(Duration::from_secs(3600));
    let other = DbCache::new(HydraCache::local().build(), "users");
    let feed = slow.apply_to(&other).start().await.unwrap();
    let mut told = other.cache().subscribe_mutations();
    feed.caught_up().await.unwrap();
    let load = || async { Ok::<_, std::io::Error>(1) };
    other.entity::<i32>("user", 1).load(load).await.unwrap();
    run(&service.pool, "update users set name = 'x' where id = 1").await;
    let invalidated = async {
        while told.recv().await.unwrap().kind() != hydracache_runtime::CacheEventKind::TagInvalidated {}
    };
    tokio::time::timeout(Duration::from_secs(60), invalidated)
        .await
        .expect("nobody looks for an hour, and nobody told");
}

#[tokio::test]
async fn without_an_outbox_the_feed_and_the_triggers_say_so() {
    let Some(url) = servers::postgres().await else { return };
    let pool = PgPool::connect(&url).await.unwrap();
    let users = DbCache::new(HydraCache::local().build(), "users");
    let error = postgres::change_feed(pool.clone()).apply_to(&users).start().await.err().unwrap();
    assert_eq!((error.kind(), error.operation()), (DbErrorKind::Outbox, "read_outbox"));
    let error = postgres::install_triggers::<User>(&pool).await.unwrap_err();
    assert_eq!((error.kind(), error.entity()), (DbErrorKind::Outbox, Some("user")));
}

/// How often the feed is cut.
fn cuts() -> u32 {
    std::env::var("HYDRACACHE_FEED_CUTS").map_or(5, |count| count.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_that_is_cut_under_load_ends_without_a_stale_entry() {
    let Some(service) = Service::start().await else { return };
    let service = Arc::new(service);
    let (written, stop) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
    let readers = (0..4).map(|_| {
        let (service, stop) = (Arc::clone(&service), Arc::clone(&stop));
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                // A connection that is cut while it reads is an error of that read.
                let query = sqlx::query_as("select id, name from users where id = 1");
                let _ = service.users.for_entity::<User>(1).sqlx_optional(&service.pool, query).await;
                tokio::task::yield_now().await;
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    let writer = {
        let (service, stop, written) = (Arc::clone(&service), Arc::clone(&stop), Arc::clone(&written));
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let next = written.load(Ordering::Relaxed) + 1;
                let update = sqlx::query("update users set name = $1 where id = 1").bind(next.to_string());
                if update.execute(&service.pool).await.is_ok() {
                    written.store(next, Ordering::Relaxed);
                }
            }
        })
    };
    // Cuts whatever is connected to the database, those who read and write included.
    let killer = PgPool::connect(&std::env::var("HYDRACACHE_TEST_POSTGRES").unwrap()).await.unwrap();
    let database: String =
        sqlx::query_scalar("select current_database()").fetch_one(&service.pool).await.unwrap();
    for _ in 0..cuts() {
        let before = written.load(Ordering::Relaxed);
        while written.load(Ordering::Relaxed) < before + 20 {
            tokio::task::yield_now().await;
        }
        let cut = sqlx::query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1");
        cut.bind(&database).execute(&killer).await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    for reader in readers {
        reader.await.unwrap();
    }
    while service.feed.caught_up().await.is_err() {}
    let there: String =
        sqlx::query_scalar("select name from users where id = 1").fetch_one(&service.pool).await.unwrap();
    assert_eq!(service.name(1).await, Some(there));
    let status = service.feed.status();
    assert!(status.applied > 0, "{status:?}");
}
