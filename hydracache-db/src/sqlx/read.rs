//! Queries of sqlx, taken apart so that they own what they need.

use std::fmt;

use ::sqlx::query::{Map, Query, QueryAs, QueryScalar};
use ::sqlx::{Database, Error, Execute, Executor, FromRow, IntoArguments, QueryBuilder, SqlStr};

use super::Boxed;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A query of sqlx whose rows are `T`s: `query`, `query_as`, `query_scalar`, what `map` and `try_map` make of a query, and a
/// `QueryBuilder`.
///
/// Arguments may have been bound from borrowed data; sqlx has copied them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not read rows of `{T}`",
    label = "not a query whose rows are `{T}`",
    note = "pass `sqlx::query_as(..)`, `sqlx::query_scalar(..)`, or `sqlx::query(..)` for a type with `FromRow`; the rows have \
            the type that the `DbQuery` was made for, as in `users.entity::<User>(\"user\", 42)`",
    note = "a query that is mapped by a closure needs one that owns what it uses"
)]
pub trait SqlxRead<DB: Database, T>: Send {
    /// The query, owning what it needs.
    #[doc(hidden)]
    type Owned: OwnedRead<DB, T>;

    #[doc(hidden)]
    fn into_owned(self) -> Self::Owned;
}

/// A query that can be run after its caller has gone away.
#[doc(hidden)]
pub trait OwnedRead<DB: Database, T>: Send + 'static {
    /// The first row, if there is one.
    fn row(self, on: &mut DB::Connection) -> Boxed<'_, Result<Option<T>, Error>>;

    /// All rows.
    fn rows(self, on: &mut DB::Connection) -> Boxed<'_, Result<Vec<T>, Error>>;
}

/// How a row becomes a value.
type ValueOf<DB, T> = fn(&<DB as Database>::Row) -> Result<T, Error>;

/// A statement with its arguments, and how its rows become values.
#[doc(hidden)]
pub struct Statement<DB: Database, T> {
    run: Run<DB>,
    value: ValueOf<DB, T>,
}

impl<DB: Database, T> fmt::Debug for Statement<DB, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement").field("sql", &self.run.sql).finish_non_exhaustive()
    }
}

impl<DB: Database, T> Statement<DB, T> {
    fn of<'q>(mut query: impl Execute<'q, DB>, value: ValueOf<DB, T>) -> Self {
        let (arguments, persistent) = (Some(query.take_arguments()), query.persistent());
        Self { run: Run { sql: query.sql(), arguments, persistent }, value }
    }
}

/// The statement as sqlx runs it.
struct Run<DB: Database> {
    sql: SqlStr,
    /// Taken when it is run.
    arguments: Option<Result<Option<DB::Arguments>, BoxError>>,
    persistent: bool,
}

impl<DB: Database> Execute<'_, DB> for Run<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        None
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxError> {
        self.arguments.take().unwrap_or(Ok(None))
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}

impl<DB, T> OwnedRead<DB, T> for Statement<DB, T>
where
    DB: Database,
    T: Send + 'static,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    fn row(self, on: &mut DB::Connection) -> Boxed<'_, Result<Option<T>, Error>> {
        let Self { run, value } = self;
        Box::pin(async move { on.fetch_optional(run).await?.as_ref().map(value).transpose() })
    }

    fn rows(self, on: &mut DB::Connection) -> Boxed<'_, Result<Vec<T>, Error>> {
        let Self { run, value } = self;
        Box::pin(async move { on.fetch_all(run).await?.iter().map(value).collect() })
    }
}

impl<DB, T, A> SqlxRead<DB, T> for Query<'_, DB, A>
where
    DB: Database,
    A: Send + IntoArguments<DB>,
    T: Send + 'static + for<'r> FromRow<'r, DB::Row>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    type Owned = Statement<DB, T>;

    fn into_owned(self) -> Statement<DB, T> {
        Statement::of(self, |row| T::from_row(row))
    }
}

impl<DB, T> SqlxRead<DB, T> for QueryBuilder<DB>
where
    DB: Database,
    DB::Arguments: Send + IntoArguments<DB>,
    T: Send + 'static + for<'r> FromRow<'r, DB::Row>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    type Owned = Statement<DB, T>;

    fn into_owned(mut self) -> Statement<DB, T> {
        Statement::of(self.build(), |row| T::from_row(row))
    }
}

impl<'q, DB, T, A> SqlxRead<DB, T> for QueryAs<'q, DB, T, A>
where
    DB: Database,
    A: 'q + Send + IntoArguments<DB>,
    T: Send + 'static + for<'r> FromRow<'r, DB::Row>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    type Owned = Statement<DB, T>;

    fn into_owned(self) -> Statement<DB, T> {
        Statement::of(self, |row| T::from_row(row))
    }
}

impl<'q, DB, T, A> SqlxRead<DB, T> for QueryScalar<'q, DB, T, A>
where
    DB: Database,
    A: 'q + Send + IntoArguments<DB>,
    T: Send + 'static,
    (T,): for<'r> FromRow<'r, DB::Row>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    type Owned = Statement<DB, T>;

    fn into_owned(self) -> Statement<DB, T> {
        Statement::of(self, |row| <(T,)>::from_row(row).map(|(value,)| value))
    }
}

impl<DB, T, F, A> SqlxRead<DB, T> for Map<'static, DB, F, A>
where
    DB: Database,
    F: FnMut(DB::Row) -> Result<T, Error> + Send + 'static,
    A: Send + IntoArguments<DB> + 'static,
    T: Send + Unpin + 'static,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    type Owned = Self;

    fn into_owned(self) -> Self {
        self
    }
}

impl<DB, T, F, A> OwnedRead<DB, T> for Map<'static, DB, F, A>
where
    DB: Database,
    F: FnMut(DB::Row) -> Result<T, Error> + Send + 'static,
    A: Send + IntoArguments<DB> + 'static,
    T: Send + Unpin + 'static,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    fn row(self, on: &mut DB::Connection) -> Boxed<'_, Result<Option<T>, Error>> {
        Box::pin(self.fetch_optional(on))
    }

    fn rows(self, on: &mut DB::Connection) -> Boxed<'_, Result<Vec<T>, Error>> {
        Box::pin(self.fetch_all(on))
    }
}
