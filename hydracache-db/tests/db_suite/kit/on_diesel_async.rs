//! The adapter of `diesel-async`, in a pool of deadpool.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use deadpool::Runtime;
use diesel::sql_types::BigInt;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::{AsyncMysqlConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use hydracache_db::diesel::{DieselAsyncQueryExt, diesel, diesel_async};
use hydracache_db::{DbCache, DbError, DbQuery, Result};
use tokio::sync::Notify;

use super::adapter::{Adapter, BoxError, End, Inside, Write};
use super::database::Kind;
use super::diesel_user::Rows;
use super::user::{User, by_id};

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
    ($name:ident, $connection:ident, $kind:ident) => {
        /// A pool of connections of `diesel-async`.
        #[derive(Clone)]
        pub(crate) struct $name {
            pool: Pool<$connection>,
            rows: Rows,
        }

        impl $name {
            /// Runs a tracked transaction, which reads if that is wanted.
            async fn run(&self, db: &DbCache, inside: Inside, reads: bool) -> Result<Option<User>> {
                let mut connection = self.pool.get().await.unwrap();
                let Inside { write, id, through, meanwhile, end } = inside;
                let (rows, read) = (self.rows.clone(), db.for_entity::<User>(id));
                let (seen, reached) = (Arc::new(Mutex::new(None)), Arc::new(Notify::new()));
                let (sees, reaches) = (Arc::clone(&seen), Arc::clone(&reached));
                let body = async move |connection: &mut $connection,
                                       invalidations: &mut hydracache_db::diesel::Invalidations|
                            -> std::result::Result<(), Ended> {
                    for statement in write.statements {
                        connection.batch_execute(&statement).await.unwrap();
                    }
                    for id in write.users {
                        invalidations.invalidates_entity::<User>(id);
                    }
                    invalidations.invalidates_tags(write.tags);
                    if reads {
                        let read = if through { read.cached_in_transaction() } else { read };
                        let query = diesel::sql_query(rows.counted(&by_id(id)));
                        let found = read.diesel_load_optional(&mut *connection, query).await?;
                        *sees.lock().unwrap() = found;
                        meanwhile.await;
                    }
                    match end {
                        End::Commit => Ok(()),
                        End::Rollback => Err(Ended::RolledBack),
                        // The whole is dropped while it waits here.
                        End::Dropped => {
                            reaches.notify_one();
                            std::future::pending().await
                        }
                        End::Cut(outside) => {
                            let own = diesel::dsl::sql::<BigInt>(Kind::$kind.own_connection());
                            outside.cut(own.get_result(connection).await.unwrap()).await;
                            Ok(())
                        }
                    }
                };
                let ended = tokio::select! {
                    ended = db.transaction_async(&mut *connection, body) => ended,
                    () = reached.notified() => Ok(()),
                };
                match ended {
                    Ok(()) | Err(Ended::RolledBack) => Ok(seen.lock().unwrap().take()),
                    Err(Ended::Failed(error)) => Err(error),
                }
            }
        }

        impl Adapter for $name {
            const KIND: Kind = Kind::$kind;
            const STORES_AT_COMMIT: bool = false;
            type Held = Object<$connection>;

            async fn connect(url: &str, connections: u32, patience: Duration) -> Self {
                let manager = AsyncDieselConnectionManager::<$connection>::new(url);
                let pool = Pool::builder(manager).max_size(connections.try_into().unwrap());
                let pool = pool.wait_timeout(Some(patience)).runtime(Runtime::Tokio1);
                Self { pool: pool.build().unwrap(), rows: Rows::new() }
            }

            async fn hold(&self) -> Self::Held {
                self.pool.get().await.unwrap()
            }

            fn rows_read(&self) -> u64 {
                self.rows.read()
            }

            async fn one(&self, read: DbQuery<User>, sql: &str) -> Result<User> {
                read.diesel_load_one(&self.pool, diesel::sql_query(self.rows.counted(sql))).await
            }

            async fn optional(&self, read: DbQuery<User>, sql: &str) -> Result<Option<User>> {
                read.diesel_load_optional(&self.pool, diesel::sql_query(self.rows.counted(sql))).await
            }

            async fn all(&self, read: DbQuery<User>, sql: &str) -> Result<Vec<User>> {
                read.diesel_load_all(&self.pool, diesel::sql_query(self.rows.counted(sql))).await
            }

            async fn on_connection(&self, read: DbQuery<User>, sql: &str) -> Result<Option<User>> {
                let mut connection = self.pool.get().await.unwrap();
                read.diesel_load_optional(&mut *connection, diesel::sql_query(self.rows.counted(sql))).await
            }

            fn plain(
                &self,
                sql: String,
            ) -> impl Future<Output = std::result::Result<Vec<User>, BoxError>> + Send + 'static {
                let (pool, query) = (self.pool.clone(), diesel::sql_query(self.rows.counted(&sql)));
                async move { Ok(query.load(&mut *pool.get().await?).await?) }
            }

            async fn transact(&self, db: &DbCache, write: Write, end: End) -> Result<()> {
                let inside = Inside::reads(0).after(write).end(end);
                self.run(db, inside, false).await.map(drop)
            }

            async fn inside(&self, db: &DbCache, inside: Inside) -> Result<Option<User>> {
                self.run(db, inside, true).await
            }
        }
    };
}

adapter!(OnPostgres, AsyncPgConnection, Postgres);
adapter!(OnMariaDb, AsyncMysqlConnection, MariaDb);
