//! `diesel-async` over MariaDB: what holds for every database, and a commit that is lost.
#![cfg(feature = "diesel-async-mysql")]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

use diesel::sql_types::{BigInt, Unsigned};
use diesel_async::{AsyncConnection, AsyncMysqlConnection, RunQueryDsl, SimpleAsyncConnection};
use hydracache_db::diesel::{DbError, DbErrorKind, diesel, diesel_async};
use hydracache_db::outbox::Dialect;

#[path = "diesel_rules/asynchronous.rs"]
mod rules;
mod servers;

use rules::{filled, is_cached, read, rename, users};

type Conn = AsyncMysqlConnection;

const DIALECT: Dialect = Dialect::MySql;

#[derive(Clone)]
struct Database(String);

impl Database {
    #[cfg_attr(not(feature = "diesel-async-deadpool"), allow(dead_code, reason = "pools ask"))]
    fn url(&self) -> &str {
        &self.0
    }

    async fn connect(&self) -> Conn {
        AsyncMysqlConnection::establish(&self.0).await.unwrap()
    }
}

async fn database() -> Option<Database> {
    let servers::Fresh { server, create, url } = servers::fresh_mariadb()?;
    let mut server = AsyncMysqlConnection::establish(&server).await.unwrap();
    server.batch_execute(&create).await.unwrap();
    Some(Database(url))
}

#[tokio::test]
async fn a_commit_that_is_lost_invalidates() {
    let Some((database, mut connection)) = filled().await else { return };
    let cache = users();
    read(&cache, &mut connection).await;
    let id = diesel::select(diesel::dsl::sql::<Unsigned<BigInt>>("connection_id()"));
    let id: u64 = id.get_result(&mut connection).await.unwrap();
    let lost = cache.transaction_async(&mut connection, async |connection, invalidations| {
        invalidations.invalidates_entity_named("user", 42);
        rename(connection).await?;
        database.connect().await.batch_execute(&format!("kill {id}")).await?;
        Ok::<_, DbError>(())
    });
    assert_eq!(lost.await.unwrap_err().kind(), DbErrorKind::CommitUnknown);
    assert!(!is_cached(&cache).await, "it may be committed");
}
