//! `diesel-async` over PostgreSQL: what holds for every database, and commits whose end is not seen.
#![cfg(feature = "diesel-async-postgres")]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

use std::time::Duration;

use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use hydracache_db::diesel::{DbError, DbErrorKind, DieselAsyncQueryExt, diesel, diesel_async};
use hydracache_db::outbox::Dialect;

#[path = "diesel_rules/asynchronous.rs"]
mod rules;
mod servers;

use rules::{filled, is_cached, read, rename, users};

type Conn = AsyncPgConnection;

const DIALECT: Dialect = Dialect::Postgres;

#[derive(Clone)]
struct Database(String);

impl Database {
    #[cfg_attr(not(feature = "diesel-async-deadpool"), allow(dead_code, reason = "pools ask"))]
    fn url(&self) -> &str {
        &self.0
    }

    async fn connect(&self) -> Conn {
        AsyncPgConnection::establish(&self.0).await.unwrap()
    }
}

async fn database() -> Option<Database> {
    let servers::Fresh { server, create, url } = servers::fresh_postgres()?;
    let mut server = AsyncPgConnection::establish(&server).await.unwrap();
    server.batch_execute(&create).await.unwrap();
    Some(Database(url))
}

/// Ends a connection from another one, as an operator would.
async fn terminate(database: &Database, connection: &mut Conn) {
    let own = diesel::dsl::sql::<diesel::sql_types::Integer>("pg_backend_pid()");
    let process: i32 = diesel::select(own).get_result(connection).await.unwrap();
    let mut operator = database.connect().await;
    operator.batch_execute(&format!("select pg_terminate_backend({process})")).await.unwrap();
}

#[tokio::test]
async fn a_commit_that_is_lost_invalidates() {
    let Some((database, mut connection)) = filled().await else { return };
    let cache = users();
    read(&cache, &mut connection).await;
    let lost = cache.transaction_async(&mut connection, async |connection, invalidations| {
        invalidations.invalidates_entity_named("user", 42);
        rename(connection).await?;
        terminate(&database, connection).await;
        Ok::<_, DbError>(())
    });
    assert_eq!(lost.await.unwrap_err().kind(), DbErrorKind::CommitUnknown);
    assert!(!is_cached(&cache).await, "it may be committed");
}

/// Makes commits that have renamed somebody take a while, and fail if that is wanted.
async fn slow_commits(connection: &mut Conn, then: &str) {
    let sql = format!(
        "create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.3); {then} return null; end $$;
         create constraint trigger slow after update on users deferrable initially deferred for each row execute function slow();"
    );
    connection.batch_execute(&sql).await.unwrap();
}

#[tokio::test]
async fn a_commit_that_is_given_up_on_invalidates() {
    let Some((database, mut connection)) = filled().await else { return };
    slow_commits(&mut connection, "").await;
    let cache = users();
    read(&cache, &mut connection).await;
    let transaction = cache.transaction_async(&mut connection, async |connection, invalidations| {
        invalidations.invalidates_entity_named("user", 42);
        rename(connection).await
    });
    assert!(tokio::time::timeout(Duration::from_millis(150), transaction).await.is_err());
    assert!(!is_cached(&cache).await, "the commit may happen");
    // The server does not know that nobody waits.
    let mut another = database.connect().await;
    while read(&cache, &mut another).await != "Grace" {
        cache.clear().await.unwrap();
    }
}

#[tokio::test]
async fn a_commit_that_is_refused_invalidates_nothing() {
    let Some((_database, mut connection)) = filled().await else { return };
    slow_commits(&mut connection, "raise exception 'no' using errcode = 'serialization_failure';").await;
    let cache = users();
    read(&cache, &mut connection).await;
    for _ in 0..2 {
        let refused = cache.transaction_async(&mut connection, async |connection, invalidations| {
            invalidations.invalidates_all();
            rename(connection).await.map_err(DbError::from)
        });
        assert_eq!(refused.await.unwrap_err().kind(), DbErrorKind::NotCommitted);
        assert!(is_cached(&cache).await);
    }
}

#[tokio::test]
async fn a_connection_that_is_lost_is_told_by_reads() {
    let Some((database, mut connection)) = filled().await else { return };
    terminate(&database, &mut connection).await;
    let cache = users();
    loop {
        let read = cache.collection::<(i64, String)>("users");
        let error = read.diesel_load_all(&mut connection, rules::users::table).await.unwrap_err();
        match error.kind() {
            DbErrorKind::Connection => break,
            // The last that the server said; the connection has not ended yet.
            kind => assert_eq!(kind, DbErrorKind::Query, "{error}"),
        }
    }
}
