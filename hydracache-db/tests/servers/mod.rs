//! The servers that tests run against, and a new database in them for each test.
//!
//! The test command starts the servers and names them in the environment. Where they are not named, a test that needs one says
//! that it was left out; with `HYDRACACHE_TEST_SERVERS=required` it fails.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

use std::sync::atomic::{AtomicU32, Ordering};

// The same one, under another name.
#[cfg(all(feature = "sea-orm", not(feature = "sqlx")))]
use hydracache_db::sea_orm::sea_orm::sqlx;

/// The server that a variable names.
fn server(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok();
    let required = std::env::var("HYDRACACHE_TEST_SERVERS").is_ok_and(|word| word == "required");
    assert!(
        url.is_some() || !required,
        "{variable} names no server, and this test needs one: run the tests with `cargo xtask test`"
    );
    if url.is_none() {
        eprintln!("left out: {variable} names no server; `cargo xtask test` starts one");
    }
    url
}

/// A name that no other test of any run has.
pub(crate) fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros();
    format!("{prefix}_{}_{now}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The address of a database on the server of another one.
fn with_database(url: &str, name: &str) -> String {
    let (server, _) = url.rsplit_once('/').expect("the address of a server names a database");
    format!("{server}/{name}")
}

/// A database that a test makes by its own driver.
pub(crate) struct Fresh {
    /// Where it is made from.
    pub(crate) server: String,
    /// The statement that makes it.
    pub(crate) create: String,
    /// Where it is then.
    pub(crate) url: String,
}

/// A PostgreSQL database, yet to be made.
pub(crate) fn fresh_postgres() -> Option<Fresh> {
    fresh("HYDRACACHE_TEST_POSTGRES")
}

/// A MariaDB database, yet to be made.
pub(crate) fn fresh_mariadb() -> Option<Fresh> {
    fresh("HYDRACACHE_TEST_MARIADB")
}

fn fresh(variable: &str) -> Option<Fresh> {
    let (server, name) = (server(variable)?, unique("hydracache"));
    Some(Fresh { create: format!("create database {name}"), url: with_database(&server, &name), server })
}

/// The address of a new PostgreSQL database.
#[cfg(any(feature = "sqlx-postgres", feature = "sea-orm-postgres"))]
pub(crate) async fn postgres() -> Option<String> {
    use sqlx::{AssertSqlSafe, Connection};

    let url = server("HYDRACACHE_TEST_POSTGRES")?;
    let name = unique("hydracache");
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await.unwrap();
    Some(with_database(&url, &name))
}

/// The address of a new MariaDB database.
#[cfg(any(feature = "sqlx-mysql", feature = "sea-orm-mysql"))]
pub(crate) async fn mariadb() -> Option<String> {
    use sqlx::{AssertSqlSafe, Connection};

    let url = server("HYDRACACHE_TEST_MARIADB")?;
    let name = unique("hydracache");
    let mut connection = sqlx::MySqlConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await.unwrap();
    Some(with_database(&url, &name))
}

/// The address of a new SQLite database in a file, which is removed with what is returned beside it.
#[cfg(any(feature = "sqlx-sqlite", feature = "sea-orm-sqlite"))]
pub(crate) fn sqlite() -> (String, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (format!("sqlite://{}?mode=rwc", folder.path().join("data.db").display()), folder)
}
