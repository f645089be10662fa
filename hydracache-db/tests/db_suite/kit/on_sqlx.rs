//! The adapter of sqlx on its three databases.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hydracache_db::sqlx::SqlxQueryExt;
use hydracache_db::{DbCache, DbQuery, DbTransaction, Result};
use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::{AssertSqlSafe, Connection, Database, FromRow, MySql, Pool, Postgres, Sqlite, Transaction};

use super::adapter::{Adapter, BoxError, End, Inside, Write};
use super::database::Kind;
use super::user::{User, by_id};

/// A pool of sqlx, and how many rows came out of it.
pub(crate) struct OnSqlx<DB: Database> {
    pool: Pool<DB>,
    rows: Arc<AtomicU64>,
}

impl<DB: Database> Clone for OnSqlx<DB> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), rows: Arc::clone(&self.rows) }
    }
}

/// The query whose rows are users, which are counted.
macro_rules! users {
    ($this:expr, $sql:expr) => {{
        let rows = Arc::clone(&$this.rows);
        sqlx::query(AssertSqlSafe($sql.to_owned())).try_map(move |row| {
            rows.fetch_add(1, Ordering::Relaxed);
            User::from_row(&row)
        })
    }};
}

macro_rules! adapter {
    ($database:ident, $kind:ident) => {
        impl OnSqlx<$database> {
            /// Runs what a transaction writes, and notes what it makes invalid.
            async fn write(
                tx: &mut DbTransaction<Transaction<'static, $database>>,
                write: Write,
            ) -> Result<()> {
                for statement in write.statements {
                    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut **tx).await.unwrap();
                }
                for id in write.users {
                    tx.invalidates_entity::<User>(id);
                }
                tx.invalidates_tags(write.tags);
                Ok(())
            }

            async fn end(mut tx: DbTransaction<Transaction<'static, $database>>, end: End) -> Result<()> {
                match end {
                    End::Commit => tx.commit().await,
                    End::Rollback => tx.rollback().await,
                    End::Dropped => Ok(drop(tx)),
                    End::Cut(outside) => {
                        let own = sqlx::query_scalar(Kind::$kind.own_connection());
                        outside.cut(own.fetch_one(&mut *tx).await.unwrap()).await;
                        tx.commit().await
                    }
                }
            }
        }

        impl Adapter for OnSqlx<$database> {
            const KIND: Kind = Kind::$kind;
            type Held = PoolConnection<$database>;

            async fn connect(url: &str, connections: u32, patience: Duration) -> Self {
                let options =
                    <<$database as Database>::Connection as Connection>::Options::from_str(url).unwrap();
                let pool = PoolOptions::new().max_connections(connections).acquire_timeout(patience);
                Self { pool: pool.connect_with(options).await.unwrap(), rows: Arc::default() }
            }

            async fn hold(&self) -> Self::Held {
                self.pool.acquire().await.unwrap()
            }

            fn rows_read(&self) -> u64 {
                self.rows.load(Ordering::Relaxed)
            }

            async fn one(&self, read: DbQuery<User>, sql: &str) -> Result<User> {
                read.sqlx_one(&self.pool, users!(self, sql)).await
            }

            async fn optional(&self, read: DbQuery<User>, sql: &str) -> Result<Option<User>> {
                read.sqlx_optional(&self.pool, users!(self, sql)).await
            }

            async fn all(&self, read: DbQuery<User>, sql: &str) -> Result<Vec<User>> {
                read.sqlx_all(&self.pool, users!(self, sql)).await
            }

            async fn on_connection(&self, read: DbQuery<User>, sql: &str) -> Result<Option<User>> {
                let mut connection = self.pool.acquire().await.unwrap();
                read.sqlx_optional(&mut connection, users!(self, sql)).await
            }

            fn plain(
                &self,
                sql: String,
            ) -> impl Future<Output = std::result::Result<Vec<User>, BoxError>> + Send + 'static {
                let (pool, query) = (self.pool.clone(), users!(self, sql));
                async move { Ok(query.fetch_all(&pool).await?) }
            }

            async fn transact(&self, db: &DbCache, write: Write, end: End) -> Result<()> {
                let mut tx = db.begin(&self.pool).await?;
                Self::write(&mut tx, write).await?;
                Self::end(tx, end).await
            }

            async fn inside(&self, db: &DbCache, inside: Inside) -> Result<Option<User>> {
                let Inside { write, id, through, meanwhile, end } = inside;
                let mut tx = db.begin(&self.pool).await?;
                Self::write(&mut tx, write).await?;
                let read = db.for_entity::<User>(id);
                let read = if through { read.cached_in_transaction() } else { read };
                let found = read.sqlx_optional(&mut tx, users!(self, by_id(id))).await?;
                meanwhile.await;
                Self::end(tx, end).await?;
                Ok(found)
            }
        }
    };
}

adapter!(Sqlite, Sqlite);
adapter!(Postgres, Postgres);
adapter!(MySql, MariaDb);
