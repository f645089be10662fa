//! Transactions of SeaORM.
//!
//! One inside of another is refused by the compiler, because the outer one decides. A part that can be undone alone is
//! begun on the connection, `tx.begin()`, and adds what it makes invalid to the list of the whole.
//!
//! ```compile_fail,E0277
//! # use hydracache_db::sea_orm::{Result, SeaOrmCache, sea_orm};
//! # async fn example(cache: SeaOrmCache, db: sea_orm::DatabaseConnection) -> Result<()> {
//! let tx = cache.begin(&db).await?;
//! let inner = cache.begin(&*tx).await?;
//! # Ok(())
//! # }
//! ```

use ::sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement,
    TransactionOptions, TransactionTrait,
};

use super::errors::{failed, kind_of_commit};
use crate::error::{Context, DbError, Result};
use crate::outbox::{Dialect, OutboxRecord};
use crate::transaction::{BeginTransaction, CommitOf, DriverTransaction};

impl BeginTransaction for &DatabaseConnection {
    type Transaction = DatabaseTransaction;

    const OUTLIVES: Option<CommitOf<DatabaseTransaction>> = OUTLIVES;

    async fn begin_transaction(self) -> Result<DatabaseTransaction> {
        begun(self.begin().await)
    }
}

impl BeginTransaction for (&DatabaseConnection, TransactionOptions) {
    type Transaction = DatabaseTransaction;

    const OUTLIVES: Option<CommitOf<DatabaseTransaction>> = OUTLIVES;

    async fn begin_transaction(self) -> Result<DatabaseTransaction> {
        let (connection, options) = self;
        begun(connection.begin_with_options(options).await)
    }
}

/// A transaction of SeaORM owns its connection.
const OUTLIVES: Option<CommitOf<DatabaseTransaction>> =
    Some(|transaction| Box::pin(DriverTransaction::commit(transaction)));

fn begun(begun: std::result::Result<DatabaseTransaction, DbErr>) -> Result<DatabaseTransaction> {
    begun.map_err(|error| failed("begin", error))
}

impl DriverTransaction for DatabaseTransaction {
    type Connection = Self;

    fn connection(&self) -> &Self {
        self
    }

    fn connection_mut(&mut self) -> &mut Self {
        self
    }

    async fn write_outbox(&mut self, records: Vec<OutboxRecord>) -> Result<()> {
        let backend = self.get_database_backend();
        for (sql, values) in dialect_of(backend)?.statements(&records) {
            let statement = Statement::from_sql_and_values(backend, sql, values.into_iter().map(Into::into));
            let written = self.execute_raw(statement).await;
            written.map_err(|error| DbError::of_outbox("write_outbox", error))?;
        }
        Ok(())
    }

    async fn commit(self) -> Result<()> {
        let committed = Self::commit(self).await;
        committed.map_err(|error| DbError::caused_by(kind_of_commit(&error), Context::of("commit"), error))
    }

    async fn rollback(self) -> Result<()> {
        Self::rollback(self).await.map_err(|error| failed("rollback", error))
    }
}

/// The language of a database.
fn dialect_of(backend: DbBackend) -> Result<Dialect> {
    match backend {
        DbBackend::Sqlite => Ok(Dialect::Sqlite),
        DbBackend::Postgres => Ok(Dialect::Postgres),
        DbBackend::MySql => Ok(Dialect::MySql),
        // Says that there is none for it.
        other => Dialect::of_name(&format!("{other:?}")),
    }
}
