//! What holds for every database that is read with Diesel's own connections.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use hydracache_db::diesel::{DbError, DbErrorKind, DieselCache, DieselQueryExt, diesel};
use hydracache_db::outbox::Dialect;
use hydracache_runtime::HydraCache;

use crate::{Conn, DIALECT, Database, database};

diesel::table! {
    users (id) {
        id -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    orders (id) {
        id -> BigInt,
        user_id -> BigInt,
    }
}

diesel::table! {
    hydracache_outbox (id) {
        id -> BigInt,
        kind -> Text,
        cache -> Nullable<Text>,
        name -> Text,
        collection -> Nullable<Text>,
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A table with Ada, another whose rows need a user when they are committed, and the outbox.
fn filled() -> Option<(Database, Conn)> {
    let database = database()?;
    let mut connection = database.connect();
    let tables = "create table users (id bigint primary key, name text not null);
        create table orders (id bigint primary key,
            user_id bigint not null references users (id) deferrable initially deferred);
        insert into users values (42, 'Ada')";
    let statements = tables.split(';').chain(DIALECT.migrations());
    for sql in statements {
        diesel::sql_query(sql).execute(&mut connection).unwrap();
    }
    Some((database, connection))
}

pub(crate) fn users() -> DieselCache {
    DieselCache::new(HydraCache::local().name("main").build(), "db")
}

pub(crate) async fn cached(cache: &DieselCache) {
    cache.entity("user", 42).diesel_one(|| Ok::<_, Error>("Ada".to_owned())).await.unwrap();
}

pub(crate) async fn is_cached(cache: &DieselCache) -> bool {
    cache.cache().contains_key("db:user:42").await
}

pub(crate) fn rename(connection: &mut Conn) -> QueryResult<usize> {
    diesel::update(users::table.find(42)).set(users::name.eq("Grace")).execute(connection)
}

fn name(connection: &mut Conn) -> String {
    users::table.find(42).select(users::name).first(connection).unwrap()
}

#[tokio::test]
async fn a_closure_is_run_until_its_result_is_cached_and_again_once_it_is_invalid() {
    let Some((database, mut connection)) = filled() else { return };
    let cache = users();
    let read = || {
        let database = database.clone();
        cache.entity::<String>("user", 42).collection_tag("users").tag("tenant:7").diesel_one(move || {
            let connection = &mut database.connect();
            users::table.find(42).select(users::name).first(connection)
        })
    };
    assert_eq!(read().await.unwrap(), "Ada");
    rename(&mut connection).unwrap();
    assert_eq!(read().await.unwrap(), "Ada", "it is a hit");
    cache.invalidate_entity_named("user", 42).await.unwrap();
    assert_eq!(read().await.unwrap(), "Grace");
    for (name, invalidated) in [("Joan", "tenant:7"), ("Mary", "users")] {
        diesel::update(users::table).set(users::name.eq(name)).execute(&mut connection).unwrap();
        cache.invalidate_tag(invalidated).await.unwrap();
        assert_eq!(read().await.unwrap(), name);
    }
    assert_eq!((cache.cache().stats().loads, cache.cache().stats().hits), (4, 1));
}

#[tokio::test]
async fn none_and_empty_lists_are_results_and_errors_are_not() {
    let Some((database, _connection)) = filled() else { return };
    let (cache, runs) = (users(), std::sync::Arc::new(AtomicU32::new(0)));
    let missing = || {
        let (database, runs) = (database.clone(), runs.clone());
        cache.entity::<(i64, String)>("user", 7).diesel_optional(move || {
            runs.fetch_add(1, Ordering::SeqCst);
            users::table.find(7).first(&mut database.connect()).optional()
        })
    };
    assert_eq!((missing().await.unwrap(), missing().await.unwrap()), (None, None));
    let none = || {
        let (database, runs) = (database.clone(), runs.clone());
        cache.collection::<(i64, i64)>("orders").diesel_all(move || {
            runs.fetch_add(1, Ordering::SeqCst);
            orders::table.load(&mut database.connect())
        })
    };
    assert!(none().await.unwrap().is_empty() && none().await.unwrap().is_empty());
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    let refused = || {
        let (database, runs) = (database.clone(), runs.clone());
        cache.collection::<(i64, i64)>("nothing").diesel_all(move || {
            runs.fetch_add(1, Ordering::SeqCst);
            diesel::sql_query("select * from nothing").execute(&mut database.connect()).map(|_| Vec::new())
        })
    };
    for _ in 0..2 {
        let error = refused().await.unwrap_err();
        assert_eq!(error.kind(), DbErrorKind::Query);
        assert!(matches!(error.downcast_ref(), Some(Error::DatabaseError(..))), "{error:?}");
    }
    assert_eq!(runs.load(Ordering::SeqCst), 4, "an error is not remembered");
}

#[tokio::test]
async fn a_row_that_is_needed_and_missing_is_an_error_that_says_what_was_read() {
    let Some((database, _connection)) = filled() else { return };
    let cache = users();
    let read = cache.entity::<String>("user", 7).with_name("load-user");
    let error = read
        .diesel_one(move || {
            let name = users::table.find(7).select(users::name).first(&mut database.connect())?;
            Ok::<_, BoxError>(name)
        })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::NotFound);
    assert_eq!(
        (error.operation(), error.entity(), error.key()),
        ("load-user", Some("user"), Some("db:user:7"))
    );
    assert!(!cache.cache().contains_key("db:user:7").await);
}

#[tokio::test]
async fn a_commit_invalidates_and_a_rollback_does_not() {
    let Some((_database, mut connection)) = filled() else { return };
    let cache = users();
    cached(&cache).await;
    let error = cache.transaction(&mut connection, |connection, invalidations| {
        rename(connection).unwrap();
        assert_eq!(name(connection), "Grace", "it sees what is not committed, and is not cached");
        invalidations.invalidates_entity_named("user", 42).invalidates_tag("reports");
        Err::<(), BoxError>("no".into())
    });
    assert_eq!(error.unwrap_err().to_string(), "no", "the error is the closure's own");
    assert_eq!(name(&mut connection), "Ada");
    assert!(is_cached(&cache).await);

    let renamed = cache.transaction(&mut connection, |connection, invalidations| {
        let renamed = rename(connection)?;
        invalidations.invalidates_entity_named("user", 42);
        Ok::<_, Error>(renamed)
    });
    assert_eq!(renamed, Ok(1));
    assert_eq!(name(&mut connection), "Grace");
    assert!(!is_cached(&cache).await);
}

#[tokio::test]
async fn a_panic_rolls_back_and_leaves_a_connection_that_can_be_used() {
    let Some((_database, mut connection)) = filled() else { return };
    let cache = users();
    cached(&cache).await;
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        cache.transaction(&mut connection, |connection, invalidations| -> Result<(), DbError> {
            rename(connection)?;
            invalidations.invalidates_all();
            panic!("in the body")
        })
    }));
    assert_eq!(*panicked.unwrap_err().downcast::<&str>().unwrap(), "in the body");
    assert!(is_cached(&cache).await);
    assert_eq!(name(&mut connection), "Ada");
    cache.transaction(&mut connection, |_, _| Ok::<_, DbError>(())).unwrap();
}

#[tokio::test]
async fn a_transaction_in_a_transaction_is_refused() {
    let Some((_database, mut connection)) = filled() else { return };
    let cache = users();
    let told = cache.transaction(&mut connection, |connection, _| {
        let inner = cache.transaction(connection, |_, _| -> Result<(), DbError> { unreachable!() });
        let error = inner.unwrap_err();
        assert_eq!(error.kind(), DbErrorKind::NestedTransaction);
        assert_eq!(Error::from(error), Error::AlreadyInTransaction);
        // Diesel's own is a savepoint.
        connection.transaction(rename)?;
        Ok::<_, DbError>(())
    });
    told.unwrap();
    assert_eq!(name(&mut connection), "Grace");
}

#[tokio::test]
async fn the_outbox_is_written_with_the_data_or_not_at_all() {
    let Some((_database, mut connection)) = filled() else { return };
    let cache = users().with_outbox();
    let rows = |connection: &mut Conn| -> Vec<(String, Option<String>, String)> {
        use hydracache_outbox::{cache, id, kind, name};
        hydracache_outbox::table.select((kind, cache, name)).order(id).load(connection).unwrap()
    };
    let refused = cache.transaction(&mut connection, |connection, invalidations| {
        invalidations.invalidates_key("user:42");
        rename(connection)?;
        Err::<(), _>(Error::RollbackTransaction)
    });
    assert_eq!(refused, Err(Error::RollbackTransaction));
    cache.transaction(&mut connection, |connection, _| rename(connection)).unwrap();
    assert_eq!(rows(&mut connection), [], "nothing is said, nothing is written");

    let many: Vec<String> = (0..250).map(|id| format!("user:{id}")).collect();
    cache
        .transaction(&mut connection, |connection, invalidations| {
            invalidations.invalidates_key("user:42").invalidates_all();
            for key in &many {
                invalidations.invalidates_key(key);
            }
            rename(connection)
        })
        .unwrap();
    let rows = rows(&mut connection);
    assert_eq!(rows.len(), 251, "`user:42` is not written twice");
    assert_eq!(rows[0], ("key".into(), Some("main".into()), "db:user:42".into()));
    assert_eq!(rows[1], ("namespace".into(), Some("main".into()), "db".into()));
    assert_eq!(rows[2].2, "db:user:0");
}

#[tokio::test]
async fn an_outbox_that_is_not_there_is_an_error_and_nothing_is_committed() {
    let Some((_database, mut connection)) = filled() else { return };
    let cache = users().with_outbox();
    cached(&cache).await;
    diesel::sql_query("drop table hydracache_outbox").execute(&mut connection).unwrap();
    let error = cache.transaction(&mut connection, |connection, invalidations| {
        invalidations.invalidates_all();
        rename(connection).map_err(DbError::from)
    });
    assert_eq!(error.unwrap_err().kind(), DbErrorKind::Outbox);
    assert_eq!(name(&mut connection), "Ada");
    assert!(is_cached(&cache).await);
}

#[tokio::test]
async fn a_commit_that_is_refused_invalidates_nothing() {
    let Some((_database, mut connection)) = filled() else { return };
    let cache = users();
    cached(&cache).await;
    if DIALECT == Dialect::Sqlite {
        diesel::sql_query("pragma foreign_keys = on").execute(&mut connection).unwrap();
    }
    let mut order = || {
        cache.transaction(&mut connection, |connection, invalidations| {
            invalidations.invalidates_all();
            diesel::insert_into(orders::table)
                .values((orders::id.eq(1), orders::user_id.eq(7)))
                .execute(connection)?;
            Ok::<_, DbError>(())
        })
    };
    let error = order().unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::NotCommitted, "{error:?}");
    assert!(is_cached(&cache).await);
    let error = Error::from(error);
    assert!(matches!(error, Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)), "{error:?}");
    assert_ne!(error.to_string(), "");
    assert_eq!(order().unwrap_err().kind(), DbErrorKind::NotCommitted, "the connection can be used");
}

#[tokio::test]
async fn what_the_closure_does_to_the_transaction_is_noticed() {
    use diesel::connection::{AnsiTransactionManager, TransactionManager};
    let Some((_database, mut connection)) = filled() else { return };
    let cache = users();
    cached(&cache).await;
    let left_open = cache.transaction(&mut connection, |connection, invalidations| {
        invalidations.invalidates_all();
        rename(connection)?;
        AnsiTransactionManager::begin_transaction(connection)?;
        Ok::<_, DbError>(())
    });
    assert_eq!(left_open.unwrap_err().kind(), DbErrorKind::NotCommitted);
    assert_eq!(name(&mut connection), "Ada");
    assert!(is_cached(&cache).await);
    let ended = cache.transaction(&mut connection, |connection, invalidations| {
        invalidations.invalidates_all();
        rename(connection)?;
        AnsiTransactionManager::commit_transaction(connection)?;
        Ok::<_, DbError>(())
    });
    assert_eq!(ended.unwrap_err().kind(), DbErrorKind::CommitUnknown);
    assert_eq!(name(&mut connection), "Grace");
    assert!(!is_cached(&cache).await, "it may be committed, and it is");
}
