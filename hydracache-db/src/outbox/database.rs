//! The outbox as sqlx reads it, one implementation for each database.

use ::sqlx::{Database, Pool};

use super::{Dialect, OutboxKind, OutboxRecord};
use crate::error::{Context, DbError, DbErrorKind, Result};
use crate::sqlx::Boxed;

/// The columns of a row: id, kind, cache, name, collection, origin, position.
pub(super) type Columns = (i64, String, Option<String>, String, Option<String>, Option<String>, i64);

/// The columns of the head: position, trimmed, trimmed_cache, late.
pub(super) type HeadColumns = (i64, i64, i64, i64);

/// A database of sqlx that can have an outbox: SQLite, PostgreSQL, MySQL and MariaDB, each behind its feature.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no outbox in this build",
    label = "no outbox for this database is compiled in",
    note = "switch the feature of the database on: `sqlx-sqlite`, `sqlx-postgres` or `sqlx-mysql` of `hydracache-db`"
)]
pub trait OutboxDatabase: Database {
    /// Its language.
    const DIALECT: Dialect;

    #[doc(hidden)]
    fn rows<'a>(
        pool: &'a Pool<Self>,
        sql: &'static str,
        values: Vec<i64>,
    ) -> Boxed<'a, ::sqlx::Result<Vec<Columns>>>;

    #[doc(hidden)]
    fn numbers<'a>(pool: &'a Pool<Self>, sql: &'static str)
    -> Boxed<'a, ::sqlx::Result<Option<HeadColumns>>>;

    /// Runs statements with the same values in one transaction, and says how many rows the last one has changed.
    #[doc(hidden)]
    fn execute<'a>(
        pool: &'a Pool<Self>,
        sql: &'a [&'static str],
        values: &'a [i64],
    ) -> Boxed<'a, ::sqlx::Result<u64>>;

    #[doc(hidden)]
    fn migrate(pool: &Pool<Self>) -> Boxed<'_, ::sqlx::Result<()>>;
}

macro_rules! outbox_database {
    ($feature:literal, $database:ident, $name:ident) => {
        #[cfg(feature = $feature)]
        impl OutboxDatabase for ::sqlx::$database {
            const DIALECT: Dialect = Dialect::$name;

            fn rows<'a>(
                pool: &'a Pool<Self>,
                sql: &'static str,
                values: Vec<i64>,
            ) -> Boxed<'a, ::sqlx::Result<Vec<Columns>>> {
                let query = values.into_iter().fold(::sqlx::query_as(sql), |query, value| query.bind(value));
                Box::pin(query.fetch_all(pool))
            }

            fn numbers<'a>(
                pool: &'a Pool<Self>,
                sql: &'static str,
            ) -> Boxed<'a, ::sqlx::Result<Option<HeadColumns>>> {
                Box::pin(::sqlx::query_as(sql).fetch_optional(pool))
            }

            fn execute<'a>(
                pool: &'a Pool<Self>,
                sql: &'a [&'static str],
                values: &'a [i64],
            ) -> Boxed<'a, ::sqlx::Result<u64>> {
                Box::pin(async move {
                    let mut tx = pool.begin().await?;
                    let mut changed = 0;
                    for statement in sql {
                        // MySQL counts places, so values go to the first statement, which keeps them.
                        let takes = statement.contains(['?', '$']);
                        let values = values.iter().filter(|_| takes);
                        let query = values.fold(::sqlx::query(*statement), |query, value| query.bind(*value));
                        changed = query.execute(&mut *tx).await?.rows_affected();
                    }
                    tx.commit().await?;
                    Ok(changed)
                })
            }

            fn migrate(pool: &Pool<Self>) -> Boxed<'_, ::sqlx::Result<()>> {
                Box::pin(async move {
                    for statement in Self::DIALECT.migrations() {
                        ::sqlx::raw_sql(::sqlx::AssertSqlSafe(statement)).execute(pool).await?;
                    }
                    Ok(())
                })
            }
        }
    };
}

outbox_database!("sqlx-sqlite", Sqlite, Sqlite);
outbox_database!("sqlx-postgres", Postgres, Postgres);
outbox_database!("sqlx-mysql", MySql, MySql);

/// Makes the tables of the outbox, if they are not there.
///
/// # Errors
///
/// [`Outbox`](DbErrorKind::Outbox) with the error of sqlx.
pub async fn migrate<DB: OutboxDatabase>(pool: &Pool<DB>) -> Result<()> {
    DB::migrate(pool).await.map_err(|error| failed("migrate", error))
}

/// Deletes rows of the outbox that are older than this, by the clock of the server, whether they are published or not, and
/// says how many went. Fractions of a second are dropped.
///
/// Readers that have not read them yet notice it, and drop everything that the rows could have concerned.
///
/// # Errors
///
/// [`Outbox`](DbErrorKind::Outbox) with the error of sqlx.
pub async fn trim<DB: OutboxDatabase>(pool: &Pool<DB>, older_than: std::time::Duration) -> Result<u64> {
    trim_where(pool, older_than, true).await
}

pub(super) async fn trim_where<DB: OutboxDatabase>(
    pool: &Pool<DB>,
    older_than: std::time::Duration,
    unpublished_too: bool,
) -> Result<u64> {
    let seconds = i64::try_from(older_than.as_secs()).unwrap_or(i64::MAX / 4).min(i64::from(i32::MAX));
    let trimmed = DB::execute(pool, DB::DIALECT.trim(), &[seconds, i64::from(unpublished_too)]).await;
    trimmed.map_err(|error| failed("trim", error))
}

/// An error of the outbox.
pub(super) fn failed(operation: &'static str, error: ::sqlx::Error) -> DbError {
    DbError::of_outbox(operation, error)
}

/// How far the outbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Where a reader can go on that has seen everything so far.
    pub(super) position: i64,
    /// The highest position of a row that was trimmed.
    pub(super) trimmed: i64,
    /// The same, of a row that concerns a cache and not only namespaces of results.
    pub(super) trimmed_cache: i64,
    /// How many rows were trimmed below what was trimmed before.
    pub(super) late: i64,
}

/// A row that was read.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) position: i64,
    pub(super) origin: Option<String>,
    /// None for a kind that this version does not know.
    pub(super) record: std::result::Result<OutboxRecord, String>,
}

pub(super) async fn head<DB: OutboxDatabase>(pool: &Pool<DB>) -> Result<Head> {
    let numbers =
        DB::numbers(pool, DB::DIALECT.head()).await.map_err(|error| failed("read_outbox", error))?;
    let Some((position, trimmed, trimmed_cache, late)) = numbers else {
        let message = "the table `hydracache_outbox_head` has no row; run the migrations of the outbox";
        return Err(DbError::new(DbErrorKind::Outbox, Context::of("read_outbox"), message));
    };
    Ok(Head { position, trimmed, trimmed_cache, late })
}

/// Rows by one of the statements of the dialect.
pub(super) async fn rows<DB: OutboxDatabase>(
    pool: &Pool<DB>,
    sql: &'static str,
    values: Vec<i64>,
) -> Result<Vec<Row>> {
    let rows = DB::rows(pool, sql, values).await.map_err(|error| failed("read_outbox", error))?;
    let row = |(id, kind, cache, name, collection, origin, position): Columns| {
        let record = match OutboxKind::parse(&kind) {
            Some(kind) => Ok(OutboxRecord { kind, cache, name, collection }),
            None => Err(kind),
        };
        Row { id, position, origin, record }
    };
    Ok(rows.into_iter().map(row).collect())
}
