//! The outbox on each database: what is written, who learns of it, and what happens when something is lost.
#![cfg(all(feature = "sqlx-sqlite", feature = "sqlx-postgres", feature = "sqlx-mysql"))]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod servers;

use std::sync::Arc;
use std::time::Duration;

use hydracache_db::outbox::{self, FollowerHandle, OutboxDatabase, OutboxFollower, OutboxRelay};
use hydracache_db::{DbCache, DbErrorKind, DbTransaction, Result};
use hydracache_runtime::{AtCommit, CacheInvalidation, CacheOptions, HydraCache, InMemoryInvalidationBus};
use sqlx::{AssertSqlSafe, Pool, Transaction};

/// An hour: nothing is read unless it is asked for.
const NEVER: Duration = Duration::from_secs(3600);

/// What the tests do with a database.
trait Statements: OutboxDatabase {
    fn run(pool: &Pool<Self>, sql: &str) -> impl Future<Output = ()> + Send;
    fn count(pool: &Pool<Self>, sql: &'static str) -> impl Future<Output = i64> + Send;
    fn begin(
        pool: &Pool<Self>,
        db: &DbCache,
    ) -> impl Future<Output = DbTransaction<Transaction<'static, Self>>> + Send;
    fn commit(tx: DbTransaction<Transaction<'static, Self>>) -> impl Future<Output = Result<()>> + Send;
    fn rollback(tx: DbTransaction<Transaction<'static, Self>>) -> impl Future<Output = ()> + Send;
    fn invalidates(tx: &mut DbTransaction<Transaction<'static, Self>>, tag: &str);
}

macro_rules! statements {
    ($($database:ident),*) => {$(
        impl Statements for sqlx::$database {
            async fn run(pool: &Pool<Self>, sql: &str) {
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap();
            }

            async fn count(pool: &Pool<Self>, sql: &'static str) -> i64 {
                sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
            }

            async fn begin(pool: &Pool<Self>, db: &DbCache) -> DbTransaction<Transaction<'static, Self>> {
                db.begin(pool).await.unwrap()
            }

            async fn commit(tx: DbTransaction<Transaction<'static, Self>>) -> Result<()> {
                tx.commit().await
            }

            async fn rollback(tx: DbTransaction<Transaction<'static, Self>>) {
                tx.rollback().await.unwrap();
            }

            fn invalidates(tx: &mut DbTransaction<Transaction<'static, Self>>, tag: &str) {
                tx.invalidates_tag(tag);
            }
        }
    )*};
}
statements!(Sqlite, Postgres, MySql);

/// A process of its own, as far as caches are concerned.
fn process() -> DbCache {
    DbCache::new(HydraCache::local().build(), "db").with_outbox()
}

async fn commit<DB: Statements>(pool: &Pool<DB>, db: &DbCache, tag: &str) {
    let mut tx = DB::begin(pool, db).await;
    DB::invalidates(&mut tx, tag);
    DB::commit(tx).await.unwrap();
}

/// Caches something that carries a tag.
async fn cache(db: &DbCache, tag: &str) {
    let load = || async { Ok::<_, std::io::Error>(7) };
    db.cached::<usize>().key(tag).tag(tag).load(load).await.unwrap();
}

async fn is_cached(db: &DbCache, tag: &str) -> bool {
    db.cache().contains_key(format!("db:{tag}")).await
}

fn following<DB: OutboxDatabase>(pool: &Pool<DB>, db: &DbCache) -> OutboxFollower<DB> {
    // The other process is this one as well.
    OutboxFollower::new(pool.clone()).apply_to(db).own_rows_too().poll_every(NEVER)
}

/// From here on it looks only when it is asked to.
async fn follow<DB: OutboxDatabase>(follower: OutboxFollower<DB>) -> FollowerHandle {
    let handle = follower.start().await.unwrap();
    handle.caught_up().await.unwrap();
    handle
}

async fn rows_are_there_exactly_if_the_data_is<DB: Statements>(pool: Pool<DB>) {
    let db = process();
    let count = || DB::count(&pool, "select count(*) from hydracache_outbox");
    let mut tx = DB::begin(&pool, &db).await;
    DB::invalidates(&mut tx, "a");
    DB::rollback(tx).await;
    assert_eq!(count().await, 0);
    let mut tx = DB::begin(&pool, &db).await;
    (0..250).for_each(|at| DB::invalidates(&mut tx, &format!("tag {at}")));
    DB::commit(tx).await.unwrap();
    assert_eq!(count().await, 250);
    commit(&pool, &db, "one more").await;
    let ids = DB::count(&pool, "select count(distinct id) from hydracache_outbox").await;
    assert_eq!(ids, 251);
    // Without an outbox nothing is written.
    commit(&pool, &DbCache::new(HydraCache::local().build(), "db"), "a").await;
    assert_eq!(count().await, 251);
}

async fn a_commit_reaches_the_other_process<DB: Statements>(pool: Pool<DB>) {
    let (writer, reader) = (process(), process());
    cache(&reader, "before").await;
    let follower = follow(following(&pool, &reader)).await;
    assert!(!is_cached(&reader, "before").await, "what was cached before it follows may be older");
    cache(&reader, "a").await;
    cache(&reader, "b").await;
    commit(&pool, &writer, "a").await;
    follower.caught_up().await.unwrap();
    assert!(!is_cached(&reader, "a").await);
    assert!(is_cached(&reader, "b").await);
    cache(&reader, "a").await;
    follower.caught_up().await.unwrap();
    assert!(is_cached(&reader, "a").await, "a row is applied once");
    assert_eq!(follower.status().applied, 1);
}

async fn what_an_attribute_invalidates_reaches_it_too<DB: Statements>(pool: Pool<DB>) {
    let (writer, reader) = (process(), process());
    let follower = follow(following(&pool, &reader)).await;
    reader.cache().put("users.get@0:42", 1, CacheOptions::new()).await.unwrap();
    let tx = DB::begin(&pool, &writer).await;
    tx.commit_list().add(writer.cache(), CacheInvalidation::Key("users.get@0:42".to_owned()));
    DB::commit(tx).await.unwrap();
    follower.caught_up().await.unwrap();
    assert!(!reader.cache().contains_key("users.get@0:42").await);
}

/// Rows whose transactions end in another order than they began in.
async fn no_row_is_missed_whatever_commits_first<DB: Statements>(pool: Pool<DB>) {
    let (writer, reader) = (process(), process());
    let follower = follow(following(&pool, &reader)).await;
    let tags: Vec<String> = (0..40).map(|at| format!("tag {at}")).collect();
    for tag in &tags {
        cache(&reader, tag).await;
    }
    let writers = tags.iter().map(|tag| {
        let (pool, writer, tag) = (pool.clone(), writer.clone(), tag.clone());
        tokio::spawn(async move { commit(&pool, &writer, &tag).await })
    });
    let writers: Vec<_> = writers.collect();
    for writer in writers {
        writer.await.unwrap();
        follower.caught_up().await.unwrap();
    }
    for tag in &tags {
        assert!(!is_cached(&reader, tag).await, "{tag}");
    }
    assert_eq!(follower.status().applied, 40);
}

async fn what_was_trimmed_too_early_drops_everything<DB: Statements>(pool: Pool<DB>) {
    let (writer, reader) = (process(), process());
    let follower = follow(following(&pool, &reader)).await;
    cache(&reader, "a").await;
    cache(&reader, "b").await;
    commit(&pool, &writer, "a").await;
    // The clock of the server jumped: what is new looks a day old.
    make_older::<DB>(&pool).await;
    assert_eq!(outbox::trim(&pool, Duration::from_secs(3600)).await.unwrap(), 1);
    follower.caught_up().await.unwrap();
    assert!(!is_cached(&reader, "a").await);
    assert!(!is_cached(&reader, "b").await, "nobody knows what the row was about");
    let status = follower.status();
    assert_eq!(status.trimmed, 1);
    assert_eq!(status.last_error.map(|error| error.kind()), Some(DbErrorKind::Trimmed));
    // Once is enough, and what was read before it was trimmed is no loss.
    cache(&reader, "b").await;
    commit(&pool, &writer, "a").await;
    follower.caught_up().await.unwrap();
    make_older::<DB>(&pool).await;
    outbox::trim(&pool, Duration::from_secs(3600)).await.unwrap();
    follower.caught_up().await.unwrap();
    follower.caught_up().await.unwrap();
    // In PostgreSQL a transaction anywhere on the server that is older than the row leaves it uncertain.
    assert!(is_cached(&reader, "b").await || DB::NAME == "PostgreSQL");
}

async fn make_older<DB: Statements>(pool: &Pool<DB>) {
    let yesterday = match DB::NAME {
        "SQLite" => "datetime('now', '-1 day')",
        "MySQL" => "timestampadd(day, -1, now())",
        _ => "now() - interval '1 day'",
    };
    DB::run(pool, &format!("update hydracache_outbox set created_at = {yesterday}")).await;
}

async fn a_row_of_an_unknown_kind_drops_everything<DB: Statements>(pool: Pool<DB>) {
    let reader = process();
    let follower = follow(following(&pool, &reader)).await;
    cache(&reader, "a").await;
    commit(&pool, &process(), "b").await;
    DB::run(&pool, "update hydracache_outbox set kind = 'order placed'").await;
    follower.caught_up().await.unwrap();
    assert!(!is_cached(&reader, "a").await, "a later version may have written it");
    let status = follower.status();
    assert_eq!((status.applied, status.foreign), (0, 1));
    let error = status.last_error.unwrap();
    assert_eq!(error.kind(), DbErrorKind::ForeignRow);
    assert!(error.to_string().contains("order placed"), "{error}");
}

async fn a_row_of_another_cache_is_passed_over_where_that_one_is_known<DB: Statements>(pool: Pool<DB>) {
    let (reader, named) = (process(), HydraCache::local().name("other").build());
    let follower = follow(following(&pool, &reader).apply_to_cache(&named)).await;
    cache(&reader, "a").await;
    let other = DbCache::new(HydraCache::local().name("other").build(), "db").with_outbox();
    commit(&pool, &other, "a").await;
    follower.caught_up().await.unwrap();
    assert!(is_cached(&reader, "a").await);
    // Nobody here is called so: its processes may have named the same cache otherwise.
    let unknown = DbCache::new(HydraCache::local().name("unknown").build(), "db").with_outbox();
    commit(&pool, &unknown, "a").await;
    follower.caught_up().await.unwrap();
    assert!(!is_cached(&reader, "a").await);
    let error = OutboxFollower::new(pool).start().await.map(FollowerHandle::stop).err().unwrap();
    assert!(error.to_string().contains("apply_to(&users)"), "{error}");
}

async fn a_database_out_of_reach_is_not_trusted_for_ever<DB: Statements>(pool: Pool<DB>) {
    let reader = process();
    let follower = follow(following(&pool, &reader).max_lag(Duration::ZERO)).await;
    cache(&reader, "a").await;
    pool.close().await;
    let error = follower.caught_up().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (DbErrorKind::Outbox, "read_outbox"));
    assert!(!is_cached(&reader, "a").await);
    let status = follower.status();
    assert!(!status.connected && status.failures > 0 && status.distrusted > 0, "{status:?}");
}

async fn a_relay_publishes_once_and_trims<DB: Statements>(pool: Pool<DB>) {
    let bus = Arc::new(InMemoryInvalidationBus::default());
    let on_bus = |node: &str| {
        let cache =
            HydraCache::local().shared_invalidation_bus(bus.clone()).invalidation_node_id(node).build();
        DbCache::new(cache, "db")
    };
    let (publisher, other) = (on_bus("publisher"), on_bus("other"));
    cache(&other, "a").await;
    let mut events = other.cache().subscribe_tag("db:db:a");
    commit(&pool, &process(), "b").await;
    DB::run(&pool, "update hydracache_outbox set kind = 'order placed'").await;
    commit(&pool, &process(), "a").await;
    let relay = OutboxRelay::new(pool.clone()).publish_for(&publisher).keep(NEVER);
    let relayed = relay.run_once().await.unwrap();
    assert_eq!((relayed.published, relayed.left, relayed.trimmed), (1, 1, 0));
    events.recv().await.unwrap();
    assert!(!is_cached(&other, "a").await);
    make_older::<DB>(&pool).await;
    let relayed = relay.run_once().await.unwrap();
    assert_eq!(
        (relayed.published, relayed.left, relayed.trimmed),
        (0, 1, 1),
        "what is not published is kept"
    );
}

async fn a_name_over_its_limit_holds_nobody_up<DB: Statements>(pool: Pool<DB>) {
    let reader = process();
    let follower = follow(following(&pool, &reader)).await;
    cache(&reader, "a").await;
    commit(&pool, &process(), &"x".repeat(300)).await;
    commit(&pool, &process(), "a").await;
    follower.caught_up().await.unwrap();
    assert!(!is_cached(&reader, "a").await);
    let relayed = OutboxRelay::new(pool).publish_for(&reader).run_once().await.unwrap();
    assert_eq!(relayed.published, 2);
}

async fn what_an_attribute_has_cached_before_is_dropped_too<DB: Statements>(pool: Pool<DB>) {
    let (reader, beside) = (process(), HydraCache::local().name("beside").build());
    for cache in [reader.cache(), &beside] {
        cache.put("users.get@0:42", 1, CacheOptions::new()).await.unwrap();
    }
    let _follower = following(&pool, &reader).apply_to_cache(&beside).start().await.unwrap();
    for cache in [reader.cache(), &beside] {
        assert!(
            !cache.contains_key("users.get@0:42").await,
            "it may be older than where the follower begins"
        );
    }
}

async fn without_its_tables_nothing_is_committed<DB: Statements>(pool: Pool<DB>) {
    let db = process();
    cache(&db, "a").await;
    DB::run(&pool, "drop table hydracache_outbox").await;
    let mut tx = DB::begin(&pool, &db).await;
    DB::invalidates(&mut tx, "a");
    let error = DB::commit(tx).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (DbErrorKind::Outbox, "write_outbox"));
    assert!(error.to_string().contains("outbox::migrate(&pool)"), "{error}");
    assert!(is_cached(&db, "a").await, "nothing has changed");
    DB::run(&pool, "delete from hydracache_outbox_head").await;
    let error = following(&pool, &db).start().await.map(FollowerHandle::stop).err().unwrap();
    assert_eq!(error.kind(), DbErrorKind::Outbox);
}

macro_rules! on_each {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let (url, _folder) = super::servers::sqlite();
                    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
                    super::outbox::migrate(&pool).await.unwrap();
                    super::$test(pool).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let Some(url) = super::servers::postgres().await else { return };
                    let pool = sqlx::PgPool::connect(&url).await.unwrap();
                    super::outbox::migrate(&pool).await.unwrap();
                    super::$test(pool).await;
                }
            )*
        }

        mod mariadb {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let Some(url) = super::servers::mariadb().await else { return };
                    let pool = sqlx::MySqlPool::connect(&url).await.unwrap();
                    super::outbox::migrate(&pool).await.unwrap();
                    super::$test(pool).await;
                }
            )*
        }
    };
}

on_each!(
    rows_are_there_exactly_if_the_data_is,
    a_commit_reaches_the_other_process,
    what_an_attribute_invalidates_reaches_it_too,
    no_row_is_missed_whatever_commits_first,
    what_was_trimmed_too_early_drops_everything,
    a_row_of_an_unknown_kind_drops_everything,
    a_row_of_another_cache_is_passed_over_where_that_one_is_known,
    a_database_out_of_reach_is_not_trusted_for_ever,
    a_relay_publishes_once_and_trims,
    a_name_over_its_limit_holds_nobody_up,
    what_an_attribute_has_cached_before_is_dropped_too,
    without_its_tables_nothing_is_committed,
);
