//! The adapter of Diesel on its own connections, in a pool of r2d2.

use std::panic::resume_unwind;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool, PooledConnection, R2D2Connection};
use diesel::sql_types::BigInt;
use diesel::{OptionalExtension, PgConnection, RunQueryDsl, SqliteConnection};
use hydracache_db::diesel::{DieselQueryExt, diesel};
use hydracache_db::{DbCache, DbError, DbQuery, Result};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::adapter::{Adapter, BoxError, End, Write};
use super::database::Kind;
use super::diesel_user::Rows;
use super::user::User;

/// A pool of Diesel's connections.
pub(crate) struct OnDiesel<C: R2D2Connection + 'static> {
    pool: Pool<ConnectionManager<C>>,
    rows: Rows,
}

impl<C: R2D2Connection> Clone for OnDiesel<C> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), rows: self.rows.clone() }
    }
}

/// What a connection is told before it is used.
#[derive(Debug)]
struct Begun(&'static str);

impl<C: SimpleConnection + 'static> CustomizeConnection<C, diesel::r2d2::Error> for Begun {
    fn on_acquire(&self, connection: &mut C) -> std::result::Result<(), diesel::r2d2::Error> {
        connection.batch_execute(self.0).map_err(diesel::r2d2::Error::QueryError)
    }
}

/// Why the body of a transaction has ended it.
enum Ended {
    RolledBack,
    Failed(DbError),
}

impl From<DbError> for Ended {
    fn from(error: DbError) -> Self {
        Self::Failed(error)
    }
}

macro_rules! adapter {
    ($connection:ident, $kind:ident, $begun:literal) => {
        impl Adapter for OnDiesel<$connection> {
            const KIND: Kind = Kind::$kind;
            const READS_ON_CONNECTIONS: bool = false;
            const READS_IN_TRANSACTIONS: bool = false;
            type Held = PooledConnection<ConnectionManager<$connection>>;

            async fn connect(url: &str, connections: u32, patience: Duration) -> Self {
                // Diesel opens files, and makes those that are not there.
                let url = url
                    .strip_prefix("sqlite://")
                    .and_then(|url| url.strip_suffix("?mode=rwc"))
                    .unwrap_or(url);
                let manager = ConnectionManager::<$connection>::new(url);
                let pool =
                    Pool::builder().max_size(connections).min_idle(Some(0)).connection_timeout(patience);
                let pool = pool.connection_customizer(Box::new(Begun($begun)));
                Self { pool: pool.build_unchecked(manager), rows: Rows::new() }
            }

            async fn hold(&self) -> Self::Held {
                let pool = self.pool.clone();
                spawn_blocking(move || pool.get().unwrap()).await.unwrap()
            }

            fn rows_read(&self) -> u64 {
                self.rows.read()
            }

            async fn one(&self, read: DbQuery<User>, sql: &str) -> Result<User> {
                let (pool, sql) = (self.pool.clone(), self.rows.counted(sql));
                read.diesel_one(move || {
                    Ok::<User, BoxError>(diesel::sql_query(sql).get_result(&mut pool.get()?)?)
                })
                .await
            }

            async fn optional(&self, read: DbQuery<User>, sql: &str) -> Result<Option<User>> {
                let (pool, sql) = (self.pool.clone(), self.rows.counted(sql));
                read.diesel_optional(move || {
                    let found = diesel::sql_query(sql).get_result::<User>(&mut pool.get()?);
                    Ok::<_, BoxError>(found.optional()?)
                })
                .await
            }

            async fn all(&self, read: DbQuery<User>, sql: &str) -> Result<Vec<User>> {
                let (pool, sql) = (self.pool.clone(), self.rows.counted(sql));
                read.diesel_all(move || {
                    Ok::<Vec<User>, BoxError>(diesel::sql_query(sql).load(&mut pool.get()?)?)
                })
                .await
            }

            fn plain(
                &self,
                sql: String,
            ) -> impl Future<Output = std::result::Result<Vec<User>, BoxError>> + Send + 'static {
                let (pool, sql) = (self.pool.clone(), self.rows.counted(&sql));
                let load = move || Ok(diesel::sql_query(sql).load(&mut pool.get()?)?);
                async move { spawn_blocking(load).await? }
            }

            async fn transact(&self, db: &DbCache, write: Write, end: End) -> Result<()> {
                let (pool, db) = (self.pool.clone(), db.clone());
                let ended = spawn_blocking(move || {
                    db.transaction(&mut *pool.get().unwrap(), |connection, invalidations| {
                        for statement in write.statements {
                            connection.batch_execute(&statement).unwrap();
                        }
                        for id in write.users {
                            invalidations.invalidates_entity::<User>(id);
                        }
                        invalidations.invalidates_tags(write.tags);
                        match end {
                            End::Commit => Ok(()),
                            End::Rollback => Err(Ended::RolledBack),
                            // What drops a transaction that is a closure is a panic.
                            End::Dropped => resume_unwind(Box::new("dropped")),
                            End::Cut(outside) => {
                                let own = diesel::dsl::sql::<BigInt>(Kind::$kind.own_connection());
                                let own = own.get_result(connection).unwrap();
                                Handle::current().block_on(outside.cut(own));
                                Ok(())
                            }
                        }
                    })
                });
                match ended.await {
                    Ok(Err(Ended::Failed(error))) => Err(error),
                    Ok(Ok(()) | Err(Ended::RolledBack)) => Ok(()),
                    Err(dropped) => {
                        assert_eq!(dropped.into_panic().downcast_ref(), Some(&"dropped"));
                        Ok(())
                    }
                }
            }
        }
    };
}

#[cfg(feature = "diesel-sqlite")]
adapter!(
    SqliteConnection,
    Sqlite,
    "pragma busy_timeout = 5000; pragma foreign_keys = on; pragma synchronous = normal;"
);
#[cfg(feature = "diesel-postgres")]
adapter!(PgConnection, Postgres, "select 1");
