//! The adapter of SeaORM on its three databases.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hydracache_db::sea_orm::{SeaOrmQueryExt, SeaOrmSelect, sea_orm};
use hydracache_db::{DbCache, DbQuery, DbTransaction, Result};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait,
    FromQueryResult, QueryResult, Statement,
};

use super::adapter::{Adapter, BoxError, End, Inside, Write};
use super::database::Kind;
use super::user::User;

mod users {
    use hydracache_db::sea_orm::sea_orm;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: i64,
        pub(crate) name: String,
        pub(crate) version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl FromQueryResult for User {
    fn from_query_result(row: &QueryResult, prefix: &str) -> std::result::Result<Self, DbErr> {
        Ok(Self {
            id: row.try_get(prefix, "id")?,
            name: row.try_get(prefix, "name")?,
            version: row.try_get(prefix, "version")?,
        })
    }
}

/// Which database it is.
pub(crate) trait Of: Send + Sync + 'static {
    const KIND: Kind;
}

pub(crate) struct Sqlite;

pub(crate) struct Postgres;

pub(crate) struct MariaDb;

impl Of for Sqlite {
    const KIND: Kind = Kind::Sqlite;
}

impl Of for Postgres {
    const KIND: Kind = Kind::Postgres;
}

impl Of for MariaDb {
    const KIND: Kind = Kind::MariaDb;
}

/// A connection of SeaORM, which is a pool, and how many rows came out of it.
pub(crate) struct OnSeaOrm<K> {
    db: DatabaseConnection,
    rows: Arc<AtomicU64>,
    of: PhantomData<fn() -> K>,
}

impl<K> Clone for OnSeaOrm<K> {
    fn clone(&self) -> Self {
        Self { db: self.db.clone(), rows: Arc::clone(&self.rows), of: PhantomData }
    }
}

impl<K: Of> OnSeaOrm<K> {
    fn statement(&self, sql: &str) -> Statement {
        Statement::from_string(self.db.get_database_backend(), sql)
    }

    async fn row(self, sql: String) -> std::result::Result<Option<User>, DbErr> {
        let Some(row) = self.db.query_one_raw(self.statement(&sql)).await? else { return Ok(None) };
        self.rows.fetch_add(1, Ordering::Relaxed);
        User::from_query_result(&row, "").map(Some)
    }

    async fn rows(self, sql: String) -> std::result::Result<Vec<User>, DbErr> {
        let rows = self.db.query_all_raw(self.statement(&sql)).await?;
        self.rows.fetch_add(rows.len().try_into().unwrap(), Ordering::Relaxed);
        rows.iter().map(|row| User::from_query_result(row, "")).collect()
    }

    /// Runs what a transaction writes, and notes what it makes invalid.
    async fn write(tx: &mut DbTransaction<DatabaseTransaction>, write: Write) {
        for statement in write.statements {
            tx.execute_unprepared(&statement).await.unwrap();
        }
        for id in write.users {
            tx.invalidates_entity::<User>(id);
        }
        tx.invalidates_tags(write.tags);
    }

    async fn end(&self, tx: DbTransaction<DatabaseTransaction>, end: End) -> Result<()> {
        match end {
            End::Commit => tx.commit().await,
            End::Rollback => tx.rollback().await,
            End::Dropped => {
                drop(tx);
                Ok(())
            }
            End::Cut(outside) => {
                let own = tx.query_one_raw(self.statement(K::KIND.own_connection())).await.unwrap().unwrap();
                outside.cut(own.try_get_by_index(0).unwrap()).await;
                tx.commit().await
            }
        }
    }
}

impl<K: Of> Adapter for OnSeaOrm<K> {
    const KIND: Kind = K::KIND;
    /// A connection of SeaORM is a pool.
    const READS_ON_CONNECTIONS: bool = false;
    type Held = Box<dyn Send>;

    async fn connect(url: &str, connections: u32, patience: Duration) -> Self {
        let mut options = ConnectOptions::new(url);
        options.max_connections(connections).acquire_timeout(patience).sqlx_logging(false);
        let db = Database::connect(options).await.unwrap();
        Self { db, rows: Arc::default(), of: PhantomData }
    }

    async fn hold(&self) -> Box<dyn Send> {
        match K::KIND {
            Kind::Sqlite => Box::new(self.db.get_sqlite_connection_pool().acquire().await.unwrap()),
            Kind::Postgres => Box::new(self.db.get_postgres_connection_pool().acquire().await.unwrap()),
            Kind::MariaDb => Box::new(self.db.get_mysql_connection_pool().acquire().await.unwrap()),
        }
    }

    fn rows_read(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    async fn one(&self, read: DbQuery<User>, sql: &str) -> Result<User> {
        let (on, sql) = (self.clone(), sql.to_owned());
        let none = || DbErr::RecordNotFound("there is no such user".to_owned());
        read.sea_one(|| async move { on.row(sql).await?.ok_or_else(none) }).await
    }

    async fn optional(&self, read: DbQuery<User>, sql: &str) -> Result<Option<User>> {
        let (on, sql) = (self.clone(), sql.to_owned());
        read.sea_optional(|| on.row(sql)).await
    }

    async fn all(&self, read: DbQuery<User>, sql: &str) -> Result<Vec<User>> {
        let (on, sql) = (self.clone(), sql.to_owned());
        read.sea_all(|| on.rows(sql)).await
    }

    fn plain(
        &self,
        sql: String,
    ) -> impl Future<Output = std::result::Result<Vec<User>, BoxError>> + Send + 'static {
        let on = self.clone();
        async move { Ok(on.rows(sql).await?) }
    }

    async fn transact(&self, db: &DbCache, write: Write, end: End) -> Result<()> {
        let mut tx = db.begin(&self.db).await?;
        Self::write(&mut tx, write).await;
        self.end(tx, end).await
    }

    async fn inside(&self, db: &DbCache, inside: Inside) -> Result<Option<User>> {
        let Inside { write, id, through, meanwhile, end } = inside;
        let mut tx = db.begin(&self.db).await?;
        Self::write(&mut tx, write).await;
        // The entry of `for_entity`: the same key, the same tags, the same type.
        let read = users::Entity::find_by_id(id).cached(db).entity("user", id).tagged_by::<User>();
        let read = if through { read.cached_in_transaction() } else { read };
        let found = read.into_model::<User>().one(&mut tx).await?;
        self.rows.fetch_add(u64::from(found.is_some()), Ordering::Relaxed);
        meanwhile.await;
        self.end(tx, end).await?;
        Ok(found)
    }
}
