//! What holds for every database that is read with `diesel-async`.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;

use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::{AnsiTransactionManager, AsyncConnection, RunQueryDsl, TransactionManager};
use hydracache_db::diesel::{DbError, DbErrorKind, DieselAsyncQueryExt, DieselCache, diesel, diesel_async};
use hydracache_runtime::HydraCache;

use crate::{Conn, DIALECT, Database, database};

diesel::table! {
    users (id) {
        id -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    hydracache_outbox (id) {
        id -> BigInt,
        kind -> Text,
        cache -> Nullable<Text>,
        name -> Text,
    }
}

/// A table with Ada, and the outbox.
pub(crate) async fn filled() -> Option<(Database, Conn)> {
    let database = database().await?;
    let mut connection = database.connect().await;
    let tables = [
        "create table users (id bigint primary key, name varchar(100) not null)",
        "insert into users values (42, 'Ada')",
    ];
    for sql in tables.into_iter().chain(DIALECT.migrations()) {
        diesel::sql_query(sql).execute(&mut connection).await.unwrap();
    }
    Some((database, connection))
}

pub(crate) fn users() -> DieselCache {
    DieselCache::new(HydraCache::local().name("main").build(), "db")
}

/// Reads Ada, which is a hit if she is cached.
pub(crate) async fn read(cache: &DieselCache, connection: &mut Conn) -> String {
    let query = users::table.find(42).select(users::name);
    cache.entity("user", 42).diesel_load_one(connection, query).await.unwrap()
}

pub(crate) async fn is_cached(cache: &DieselCache) -> bool {
    cache.cache().contains_key("db:user:42").await
}

pub(crate) async fn rename(connection: &mut Conn) -> QueryResult<usize> {
    diesel::update(users::table.find(42)).set(users::name.eq("Grace")).execute(connection).await
}

async fn name(connection: &mut Conn) -> String {
    users::table.find(42).select(users::name).first(connection).await.unwrap()
}

#[tokio::test]
async fn a_query_is_run_until_its_result_is_cached_and_again_once_it_is_invalid() {
    let Some((_database, mut connection)) = filled().await else { return };
    let cache = users();
    let name = String::from("Ada");
    // A query may borrow.
    let of_name = |name| users::table.filter(users::name.eq(name)).select(users::id);
    let ids = || cache.collection::<i64>("users").tag("tenant:7");
    assert_eq!(ids().diesel_load_all(&mut connection, of_name(&name)).await.unwrap(), [42]);
    rename(&mut connection).await.unwrap();
    assert_eq!(ids().diesel_load_all(&mut connection, of_name(&name)).await.unwrap(), [42], "a hit");
    for tag in ["users", "tenant:7"] {
        cache.invalidate_tag(tag).await.unwrap();
        let missing = ids().diesel_load_all(&mut connection, of_name(&name)).await.unwrap();
        assert!(missing.is_empty(), "{tag}");
    }
    assert_eq!(read(&cache, &mut connection).await, "Grace");
    cache.invalidate_entity_named("user", 42).await.unwrap();
    assert!(!is_cached(&cache).await);
}

#[tokio::test]
async fn none_and_empty_lists_are_results_and_errors_are_not() {
    let Some((_database, mut connection)) = filled().await else { return };
    let cache = users();
    for _ in 0..2 {
        let nobody = cache.entity::<(i64, String)>("user", 7);
        let nobody = nobody.diesel_load_optional(&mut connection, users::table.find(7)).await.unwrap();
        assert_eq!(nobody, None);
        let none = cache.cached::<(i64, String)>().key("none");
        let none = none.diesel_load_all(&mut connection, users::table.filter(users::id.lt(0))).await;
        assert!(none.unwrap().is_empty());
    }
    assert_eq!((cache.cache().stats().loads, cache.cache().stats().hits), (2, 2));
    let needed = cache.entity::<String>("user", 8).with_name("load-user");
    let query = users::table.find(8).select(users::name);
    let error = needed.diesel_load_one(&mut connection, query).await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::NotFound);
    assert_eq!((error.operation(), error.key()), ("load-user", Some("db:user:8")));
    let nothing = diesel::dsl::sql::<diesel::sql_types::BigInt>("select id from nothing");
    let refused = cache.cached::<i64>().key("nothing").diesel_load_all(&mut connection, nothing).await;
    assert_eq!(refused.unwrap_err().kind(), DbErrorKind::Query);
    assert!(!cache.cache().contains_key("db:user:8").await);
    assert!(!cache.cache().contains_key("db:nothing").await);
}

#[tokio::test]
async fn inside_of_a_transaction_the_cache_is_left_out() {
    let Some((_database, mut connection)) = filled().await else { return };
    let cache = users();
    let query = || users::table.find(42).select(users::name);
    let of = || cache.entity::<String>("user", 42);
    let rolled_back = connection.transaction::<(), Error, _>(async |connection| {
        rename(connection).await?;
        assert_eq!(of().diesel_load_one(&mut *connection, query()).await.unwrap(), "Grace");
        let through = of().cached_in_transaction();
        assert_eq!(through.diesel_load_one(&mut *connection, query()).await.unwrap(), "Grace");
        assert!(!is_cached(&cache).await, "it is not committed");
        Err(Error::RollbackTransaction)
    });
    assert_eq!(rolled_back.await, Err(Error::RollbackTransaction));
    assert_eq!(read(&cache, &mut connection).await, "Ada");
    let error = cache.transaction_async(&mut connection, async |connection, _| {
        rename(connection).await?;
        assert_eq!(of().diesel_load_one(&mut *connection, query()).await.unwrap(), "Grace");
        let through = of().cached_in_transaction();
        assert_eq!(through.diesel_load_one(&mut *connection, query()).await.unwrap(), "Ada");
        Err::<(), _>(Error::RollbackTransaction)
    });
    assert_eq!(error.await, Err(Error::RollbackTransaction));
    assert!(is_cached(&cache).await);
}

#[tokio::test]
async fn a_commit_invalidates_and_a_rollback_does_not() {
    let Some((_database, mut connection)) = filled().await else { return };
    let cache = users();
    read(&cache, &mut connection).await;
    let error = cache.transaction_async(&mut connection, async |connection, invalidations| {
        rename(connection).await.unwrap();
        invalidations.invalidates_entity_named("user", 42).invalidates_tag("reports");
        Err::<(), Box<dyn std::error::Error + Send + Sync>>("no".into())
    });
    assert_eq!(error.await.unwrap_err().to_string(), "no", "the error is the closure's own");
    assert!(is_cached(&cache).await);
    assert_eq!(name(&mut connection).await, "Ada");
    let renamed = cache.transaction_async(&mut connection, async |connection, invalidations| {
        invalidations.invalidates_entity_named("user", 42);
        rename(connection).await
    });
    assert_eq!(may_change_threads(renamed).await, Ok(1));
    assert!(!is_cached(&cache).await);
    assert_eq!(read(&cache, &mut connection).await, "Grace");
}

/// As a program would ask of what it spawns.
fn may_change_threads<F: Future + Send>(future: F) -> F {
    future
}

#[tokio::test]
async fn a_panic_rolls_back_and_leaves_a_connection_that_can_be_used() {
    let Some((_database, mut connection)) = filled().await else { return };
    let cache = users();
    read(&cache, &mut connection).await;
    {
        let transaction = cache.transaction_async(
            &mut connection,
            async |connection, invalidations| -> Result<(), DbError> {
                rename(connection).await?;
                invalidations.invalidates_all();
                panic!("in the body")
            },
        );
        let mut transaction = pin!(transaction);
        let panicked = std::future::poll_fn(|context| {
            let poll = AssertUnwindSafe(|| transaction.as_mut().poll(context));
            match std::panic::catch_unwind(poll) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(_)) => Poll::Ready(None),
                Err(panic) => Poll::Ready(Some(panic)),
            }
        });
        assert_eq!(*panicked.await.unwrap().downcast::<&str>().unwrap(), "in the body");
    }
    assert!(is_cached(&cache).await);
    assert_eq!(name(&mut connection).await, "Ada");
    cache.transaction_async(&mut connection, async |_, _| Ok::<_, DbError>(())).await.unwrap();
}

#[tokio::test]
async fn a_body_that_is_given_up_invalidates_nothing() {
    let Some((database, mut connection)) = filled().await else { return };
    let cache = users();
    read(&cache, &mut connection).await;
    let (reached, at_gate) = tokio::sync::oneshot::channel();
    let transaction = cache.transaction_async(&mut connection, async |connection, invalidations| {
        rename(connection).await?;
        invalidations.invalidates_all();
        reached.send(()).unwrap();
        std::future::pending::<Result<(), Error>>().await
    });
    tokio::select! {
        _ = transaction => unreachable!("the body does not end"),
        reached = at_gate => reached.unwrap(),
    }
    assert!(is_cached(&cache).await);
    drop(connection);
    assert_eq!(name(&mut database.connect().await).await, "Ada");
}

#[tokio::test]
async fn a_transaction_in_a_transaction_is_refused() {
    let Some((_database, mut connection)) = filled().await else { return };
    let cache = users();
    let told = cache.transaction_async(&mut connection, async |connection, _| {
        let inner =
            cache.transaction_async(connection, async |_, _| -> Result<(), DbError> { unreachable!() });
        assert_eq!(inner.await.unwrap_err().kind(), DbErrorKind::NestedTransaction);
        connection.transaction(async |connection| rename(connection).await).await?;
        Ok::<_, DbError>(())
    });
    told.await.unwrap();
    assert_eq!(name(&mut connection).await, "Grace");
}

/// Kind, cache and name of the rows of the outbox.
async fn rows(connection: &mut Conn) -> Vec<(String, Option<String>, String)> {
    use hydracache_outbox::{cache, id, kind, name};
    hydracache_outbox::table.select((kind, cache, name)).order(id).load(connection).await.unwrap()
}

#[tokio::test]
async fn the_outbox_is_written_with_the_data_or_not_at_all() {
    let Some((_database, mut connection)) = filled().await else { return };
    let cache = users().with_outbox();
    let refused = cache.transaction_async(&mut connection, async |connection, invalidations| {
        invalidations.invalidates_key("user:42");
        rename(connection).await?;
        Err::<(), _>(Error::RollbackTransaction)
    });
    assert_eq!(refused.await, Err(Error::RollbackTransaction));
    let silent = cache.transaction_async(&mut connection, async |connection, _| rename(connection).await);
    silent.await.unwrap();
    assert_eq!(rows(&mut connection).await, [], "nothing is said, nothing is written");

    let many: Vec<String> = (0..250).map(|id| format!("user:{id}")).collect();
    let written = cache.transaction_async(&mut connection, async |connection, invalidations| {
        invalidations.invalidates_key("user:42").invalidates_all();
        for key in &many {
            invalidations.invalidates_key(key);
        }
        rename(connection).await
    });
    written.await.unwrap();
    let rows = rows(&mut connection).await;
    assert_eq!(rows.len(), 251, "`user:42` is not written twice");
    assert_eq!(rows[0], ("key".into(), Some("main".into()), "db:user:42".into()));
    assert_eq!(rows[1], ("namespace".into(), Some("main".into()), "db".into()));
    assert_eq!(rows[2].2, "db:user:0");
}

#[tokio::test]
async fn what_the_closure_does_to_the_transaction_is_noticed() {
    let Some((_database, mut connection)) = filled().await else { return };
    let cache = users();
    read(&cache, &mut connection).await;
    let left_open = cache.transaction_async(&mut connection, async |connection, invalidations| {
        invalidations.invalidates_all();
        rename(connection).await?;
        AnsiTransactionManager::begin_transaction(connection).await?;
        Ok::<_, DbError>(())
    });
    assert_eq!(left_open.await.unwrap_err().kind(), DbErrorKind::NotCommitted);
    assert_eq!(name(&mut connection).await, "Ada");
    assert!(is_cached(&cache).await);
    let ended = cache.transaction_async(&mut connection, async |connection, invalidations| {
        invalidations.invalidates_all();
        rename(connection).await?;
        AnsiTransactionManager::commit_transaction(connection).await?;
        Ok::<_, DbError>(())
    });
    assert_eq!(ended.await.unwrap_err().kind(), DbErrorKind::CommitUnknown);
    assert!(!is_cached(&cache).await, "it may be committed, and it is");
}

#[cfg(feature = "diesel-async-deadpool")]
mod of_deadpool {
    use std::time::Duration;

    use diesel_async::pooled_connection::AsyncDieselConnectionManager;
    use diesel_async::pooled_connection::deadpool::Pool;

    use super::*;

    async fn pool() -> Option<Pool<Conn>> {
        let (database, _) = filled().await?;
        let manager = AsyncDieselConnectionManager::<Conn>::new(database.url());
        Some(Pool::builder(manager).max_size(1).build().unwrap())
    }

    #[tokio::test]
    async fn a_query_on_a_pool_takes_a_connection_if_it_is_needed() {
        let Some(pool) = pool().await else { return };
        let cache = users();
        let query = || users::table.find(42).select(users::name);
        let of = || cache.entity::<String>("user", 42);
        assert_eq!(of().diesel_load_one(&pool, query()).await.unwrap(), "Ada");
        let mut held = pool.get().await.unwrap();
        assert_eq!(of().diesel_load_one(&pool, query()).await.unwrap(), "Ada", "a hit needs none");
        // A pooled connection is one.
        assert_eq!(of().diesel_load_one(&mut held, query()).await.unwrap(), "Ada");
        let renamed = cache.transaction_async(&mut held, async |connection, invalidations| {
            invalidations.invalidates_entity_named("user", 42);
            rename(connection).await
        });
        renamed.await.unwrap();
        // The load goes on without the one who asked.
        let asked = tokio::time::timeout(Duration::from_millis(20), of().diesel_load_one(&pool, query()));
        assert!(asked.await.is_err(), "the only connection is held");
        drop(held);
        while !is_cached(&cache).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        pool.close();
        assert_eq!(of().diesel_load_one(&pool, query()).await.unwrap(), "Grace");
        let other = cache.entity::<String>("user", 7).diesel_load_one(&pool, query()).await;
        assert_eq!(other.unwrap_err().kind(), DbErrorKind::PoolExhausted);
    }
}
