//! What a query can be run on.

use std::fmt;

use ::sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SelectorTrait, Statement,
};

use super::Boxed;
use crate::transaction::{DbTransaction, Fill};

/// What a query can be run on: a connection of SeaORM, which is a pool, a reference to one of its transactions, or a mutable
/// reference to one of ours.
///
/// On a connection the load goes on when its caller goes away. In a transaction the cache is left out, unless
/// [`cached_in_transaction`](super::CachedSelect::cached_in_transaction) was said.
#[diagnostic::on_unimplemented(
    message = "no cached query can be run on `{Self}`",
    label = "neither a connection nor a transaction of SeaORM",
    note = "pass `&db` for a `DatabaseConnection`, `&tx` for a `DatabaseTransaction`, `&mut tx` for what `cache.begin(&db)` \
            returned"
)]
pub trait SeaOrmSource<'c>: Send {
    #[doc(hidden)]
    fn place(self) -> Place<'c>;
}

/// Where a query is run, and where what it reads is put to be stored at a commit.
#[doc(hidden)]
pub enum Place<'c> {
    /// On a connection that the load takes out of the pool itself.
    Pool(DatabaseConnection),
    /// In a transaction, which is one of ours if there is a list.
    Transaction(&'c DatabaseTransaction, Option<&'c mut Vec<Fill>>),
}

impl fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pool(_) => "Pool",
            Self::Transaction(..) => "Transaction",
        })
    }
}

impl Place<'_> {
    pub(super) fn backend(&self) -> DbBackend {
        match self {
            Self::Pool(pool) => pool.get_database_backend(),
            Self::Transaction(transaction, _) => transaction.get_database_backend(),
        }
    }
}

/// How the result of a statement is fetched: [`first`] or [`all`].
pub(super) type Fetch<V> = for<'a> fn(&'a On<'a>, Statement) -> Boxed<'a, Result<V, DbErr>>;

/// What runs a statement.
pub(super) enum On<'c> {
    Pool(DatabaseConnection),
    Transaction(&'c DatabaseTransaction),
}

/// The first row.
pub(super) fn first<'a, S: SelectorTrait + 'static>(
    on: &'a On<'a>,
    statement: Statement,
) -> Boxed<'a, Result<Option<S::Item>, DbErr>> {
    Box::pin(async move {
        let row = match on {
            On::Pool(pool) => pool.query_one_raw(statement).await?,
            On::Transaction(transaction) => transaction.query_one_raw(statement).await?,
        };
        row.map(S::from_raw_query_result).transpose()
    })
}

/// The first row, which must exist.
pub(super) fn required<'a, S: SelectorTrait + 'static>(
    on: &'a On<'a>,
    statement: Statement,
) -> Boxed<'a, Result<Option<S::Item>, DbErr>> {
    Box::pin(async move {
        let row = first::<S>(on, statement).await?;
        let none = || DbErr::RecordNotFound("None of the models match the query".to_owned());
        row.ok_or_else(none).map(Some)
    })
}

/// All rows.
pub(super) fn all<'a, S: SelectorTrait + 'static>(
    on: &'a On<'a>,
    statement: Statement,
) -> Boxed<'a, Result<Vec<S::Item>, DbErr>> {
    Box::pin(async move {
        let rows = match on {
            On::Pool(pool) => pool.query_all_raw(statement).await?,
            On::Transaction(transaction) => transaction.query_all_raw(statement).await?,
        };
        rows.into_iter().map(S::from_raw_query_result).collect()
    })
}

impl SeaOrmSource<'static> for DatabaseConnection {
    fn place(self) -> Place<'static> {
        Place::Pool(self)
    }
}

impl SeaOrmSource<'static> for &DatabaseConnection {
    fn place(self) -> Place<'static> {
        Place::Pool(self.clone())
    }
}

impl<'c> SeaOrmSource<'c> for &'c DatabaseTransaction {
    fn place(self) -> Place<'c> {
        Place::Transaction(self, None)
    }
}

impl<'c> SeaOrmSource<'c> for &'c mut DbTransaction<DatabaseTransaction> {
    fn place(self) -> Place<'c> {
        let (transaction, fills) = self.reading();
        Place::Transaction(transaction, Some(fills))
    }
}
