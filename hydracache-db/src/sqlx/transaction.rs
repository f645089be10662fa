//! Transactions of sqlx.

use std::future::Future;

use ::sqlx::{
    AssertSqlSafe, Connection, Database, Encode, Error, Executor, IntoArguments, Pool, Transaction, Type,
};

use super::Boxed;
use super::errors::failed;
use crate::drivers::of_sqlx::kind_of_commit;
use crate::error::{Context, DbError, DbErrorKind, Result};
use crate::outbox::{Dialect, OutboxRecord};
use crate::transaction::{BeginTransaction, CommitOf, DriverTransaction};

impl<DB> BeginTransaction for &Pool<DB>
where
    DB: Database,
    Transaction<'static, DB>: DriverTransaction,
{
    type Transaction = Transaction<'static, DB>;

    const OUTLIVES: Option<CommitOf<Self::Transaction>> =
        Some(|transaction| Box::pin(DriverTransaction::commit(transaction)));

    fn begin_transaction(self) -> impl Future<Output = Result<Transaction<'static, DB>>> + Send {
        let begun = self.begin();
        async move { begun.await.map_err(|error| failed("begin", error)) }
    }
}

impl<'c, C> BeginTransaction for &'c mut C
where
    C: Connection,
    C::Database: Database<Connection = C>,
    Transaction<'c, C::Database>: DriverTransaction,
{
    type Transaction = Transaction<'c, C::Database>;

    async fn begin_transaction(self) -> Result<Self::Transaction> {
        if self.is_in_transaction() {
            return Err(nested());
        }
        self.begin().await.map_err(|error| failed("begin", error))
    }
}

fn nested() -> DbError {
    DbError::new(
        DbErrorKind::NestedTransaction,
        Context::of("begin"),
        "the connection is in a transaction already, whose end decides: add what becomes invalid to that one",
    )
}

impl<DB> DriverTransaction for Transaction<'_, DB>
where
    DB: Database,
    DB::Arguments: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    for<'q> String: Encode<'q, DB> + Type<DB>,
    for<'q> Option<String>: Encode<'q, DB> + Type<DB>,
{
    type Connection = DB::Connection;

    fn connection(&self) -> &DB::Connection {
        self
    }

    fn connection_mut(&mut self) -> &mut DB::Connection {
        self
    }

    async fn write_outbox(&mut self, records: Vec<OutboxRecord>) -> Result<()> {
        let told = |error| DbError::of_outbox("write_outbox", error);
        let dialect = Dialect::of_name(DB::NAME)?;
        let connection: &mut DB::Connection = self;
        for (statement, values) in dialect.statements(&records) {
            execute::<DB>(connection, statement, values).await.map_err(told)?;
        }
        Ok(())
    }

    async fn commit(self) -> Result<()> {
        let committed = Transaction::commit(self).await;
        committed.map_err(|error| DbError::caused_by(kind_of_commit(&error), Context::of("commit"), error))
    }

    async fn rollback(self) -> Result<()> {
        Transaction::rollback(self).await.map_err(|error| failed("rollback", error))
    }
}

/// Runs a statement of ours.
fn execute<DB>(
    on: &mut DB::Connection,
    sql: String,
    values: Vec<Option<String>>,
) -> Boxed<'_, std::result::Result<(), Error>>
where
    DB: Database,
    DB::Arguments: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    for<'q> Option<String>: Encode<'q, DB> + Type<DB>,
{
    Box::pin(async move {
        let query = ::sqlx::query::<DB>(AssertSqlSafe(sql));
        on.execute(values.into_iter().fold(query, |query, value| query.bind(value))).await.map(drop)
    })
}
