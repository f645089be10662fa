//! What a query can be run on.

use std::fmt;

use ::sqlx::pool::PoolConnection;
use ::sqlx::{Connection, Database, Pool, Transaction};

use crate::transaction::{DbTransaction, Fill};

/// What a query can be run on: a pool, a reference to one, or a mutable reference to a connection, to a pooled connection, or
/// to a transaction of sqlx or of ours.
///
/// The second parameter tells the implementations apart and is never named.
#[diagnostic::on_unimplemented(
    message = "no query can be run on `{Self}`",
    label = "neither a pool nor a connection nor a transaction of sqlx",
    note = "pass `&pool`, `&mut connection`, or `&mut tx`"
)]
pub trait SqlxSource<'c, DB: Database, Of>: Send {
    #[doc(hidden)]
    fn place(self) -> Place<'c, DB>;
}

/// Marks pools.
#[derive(Debug, Clone, Copy)]
pub struct OfPool;

/// Marks connections.
#[derive(Debug, Clone, Copy)]
pub struct OfConnection;

/// Marks connections of pools.
#[derive(Debug, Clone, Copy)]
pub struct OfPooled;

/// Marks transactions.
#[derive(Debug, Clone, Copy)]
pub struct OfTransaction;

/// Where a query is run.
#[doc(hidden)]
pub enum Place<'c, DB: Database> {
    /// On a connection that the load takes out of the pool itself.
    Pool(Pool<DB>),
    /// On a connection that belongs to the caller, and may be inside of a transaction.
    Connection(&'c mut DB::Connection),
    /// In a transaction of ours, which stores at its commit what was read in it.
    Transaction(&'c mut DB::Connection, &'c mut Vec<Fill>),
}

impl<DB: Database> fmt::Debug for Place<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pool(_) => "Pool",
            Self::Connection(_) => "Connection",
            Self::Transaction(..) => "Transaction",
        })
    }
}

impl<DB: Database> SqlxSource<'static, DB, OfPool> for Pool<DB> {
    fn place(self) -> Place<'static, DB> {
        Place::Pool(self)
    }
}

impl<DB: Database> SqlxSource<'static, DB, OfPool> for &Pool<DB> {
    fn place(self) -> Place<'static, DB> {
        Place::Pool(self.clone())
    }
}

impl<'c, C: Connection> SqlxSource<'c, C::Database, OfConnection> for &'c mut C
where
    C::Database: Database<Connection = C>,
{
    fn place(self) -> Place<'c, C::Database> {
        Place::Connection(self)
    }
}

impl<'c, DB: Database> SqlxSource<'c, DB, OfPooled> for &'c mut PoolConnection<DB> {
    fn place(self) -> Place<'c, DB> {
        Place::Connection(&mut **self)
    }
}

impl<'c, DB: Database> SqlxSource<'c, DB, OfTransaction> for &'c mut Transaction<'_, DB> {
    fn place(self) -> Place<'c, DB> {
        Place::Connection(&mut **self)
    }
}

impl<'c, 't, DB: Database> SqlxSource<'c, DB, OfTransaction> for &'c mut DbTransaction<Transaction<'t, DB>>
where
    Transaction<'t, DB>: crate::DriverTransaction<Connection = DB::Connection>,
{
    fn place(self) -> Place<'c, DB> {
        let (connection, fills) = self.reading();
        Place::Transaction(connection, fills)
    }
}
