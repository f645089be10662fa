//! Diesel over PostgreSQL: what holds for every database, and connections that are lost.
#![cfg(feature = "diesel-postgres")]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

use diesel::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use hydracache_db::diesel::{DbError, DbErrorKind, DieselQueryExt, diesel};
use hydracache_db::outbox::Dialect;

#[path = "diesel_rules/blocking.rs"]
mod rules;
mod servers;

use rules::{cached, is_cached, users};

type Conn = PgConnection;

const DIALECT: Dialect = Dialect::Postgres;

#[derive(Clone)]
struct Database(String);

impl Database {
    fn connect(&self) -> Conn {
        PgConnection::establish(&self.0).unwrap()
    }
}

fn database() -> Option<Database> {
    let servers::Fresh { server, create, url } = servers::fresh_postgres()?;
    let mut server = PgConnection::establish(&server).unwrap();
    diesel::sql_query(create).execute(&mut server).unwrap();
    Some(Database(url))
}

mod sql {
    use hydracache_db::diesel::diesel;

    diesel::define_sql_function! {
        fn pg_terminate_backend(pid: diesel::sql_types::Integer) -> diesel::sql_types::Bool;
    }

    diesel::define_sql_function! {
        fn pg_backend_pid() -> diesel::sql_types::Integer;
    }
}

/// Ends a connection from another one, as an operator would.
fn terminate(database: &Database, connection: &mut Conn) {
    let process: i32 = diesel::select(sql::pg_backend_pid()).get_result(connection).unwrap();
    let ended = diesel::select(sql::pg_terminate_backend(process)).get_result(&mut database.connect());
    assert_eq!(ended, Ok(true));
}

#[tokio::test]
async fn a_commit_that_is_lost_invalidates() {
    let Some(database) = database() else { return };
    let mut connection = database.connect();
    let cache = users();
    cached(&cache).await;
    let lost = cache.transaction(&mut connection, |connection, invalidations| {
        invalidations.invalidates_entity_named("user", 42);
        diesel::sql_query("create table users (id bigint)").execute(connection)?;
        terminate(&database, connection);
        Ok::<_, DbError>(())
    });
    assert_eq!(lost.unwrap_err().kind(), DbErrorKind::CommitUnknown);
    assert!(!is_cached(&cache).await, "it may be committed");
}

#[tokio::test]
async fn a_connection_that_is_lost_before_the_commit_invalidates_nothing() {
    let Some(database) = database() else { return };
    let mut connection = database.connect();
    let cache = users();
    cached(&cache).await;
    let lost = cache.transaction(&mut connection, |connection, invalidations| {
        invalidations.invalidates_all();
        terminate(&database, connection);
        Ok::<_, DbError>(diesel::sql_query("select 1").execute(connection)?)
    });
    assert_eq!(lost.unwrap_err().kind(), DbErrorKind::Connection);
    assert!(is_cached(&cache).await);
    let begun = cache.transaction(&mut connection, |_, _| -> Result<(), DbError> { unreachable!() });
    assert_eq!(begun.unwrap_err().kind(), DbErrorKind::Connection);
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_told() {
    let cache = users();
    let read = cache.cached::<i32>().key("one").diesel_one(|| {
        let connection = &mut PgConnection::establish("postgres://nobody@127.0.0.1:1/nothing")?;
        let one = diesel::select(diesel::dsl::sql::<Integer>("1")).get_result(connection)?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(one)
    });
    assert_eq!(read.await.unwrap_err().kind(), DbErrorKind::Connection);
}
