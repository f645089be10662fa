//! What an adapter has to do to pass the suite.

use std::pin::Pin;
use std::time::Duration;

use hydracache_db::{DbCache, DbQuery, Result};

use super::database::{Kind, Outside};
use super::user::User;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A driver with its helpers, on one database. Cloning gives another handle to the same pool.
pub(crate) trait Adapter: Clone + Send + Sync + 'static {
    const KIND: Kind;

    /// Whether [`on_connection`](Self::on_connection) reads.
    const READS_ON_CONNECTIONS: bool = true;

    /// Whether [`inside`](Self::inside) reads.
    const READS_IN_TRANSACTIONS: bool = true;

    /// Whether what a transaction reads through the cache is stored when it is committed.
    const STORES_AT_COMMIT: bool = true;

    /// A connection that was taken out of the pool, and goes back when it is dropped.
    type Held: Send;

    /// A pool of so many connections, for one of which nobody waits longer than this.
    fn connect(url: &str, connections: u32, patience: Duration) -> impl Future<Output = Self> + Send;

    /// Takes a connection out of the pool.
    fn hold(&self) -> impl Future<Output = Self::Held> + Send;

    /// How many rows the database has returned to this handle and its clones.
    fn rows_read(&self) -> u64;

    /// Reads through the cache, on the pool, the row that must be there.
    fn one(&self, read: DbQuery<User>, sql: &str) -> impl Future<Output = Result<User>> + Send;

    /// Reads through the cache, on the pool, a row that may not be there.
    fn optional(&self, read: DbQuery<User>, sql: &str) -> impl Future<Output = Result<Option<User>>> + Send;

    /// Reads through the cache, on the pool, a list.
    fn all(&self, read: DbQuery<User>, sql: &str) -> impl Future<Output = Result<Vec<User>>> + Send;

    /// As [`optional`](Self::optional), on a connection of the caller's.
    fn on_connection(
        &self,
        _read: DbQuery<User>,
        _sql: &str,
    ) -> impl Future<Output = Result<Option<User>>> + Send {
        async { unreachable!("the adapter says that it has no such reads") }
    }

    /// Reads without the cache, as the driver does by itself; for loaders that are closures.
    fn plain(
        &self,
        sql: String,
    ) -> impl Future<Output = std::result::Result<Vec<User>, BoxError>> + Send + 'static;

    /// Runs a tracked transaction.
    fn transact(&self, db: &DbCache, write: Write, end: End) -> impl Future<Output = Result<()>> + Send;

    /// Runs a tracked transaction that reads `DbCache::for_entity::<User>`, and returns what it has read.
    fn inside(&self, _db: &DbCache, _inside: Inside) -> impl Future<Output = Result<Option<User>>> + Send {
        async { unreachable!("the adapter says that it has no such reads") }
    }
}

/// What a transaction does, and what it says that it makes invalid.
#[derive(Debug, Clone, Default)]
pub(crate) struct Write {
    pub(crate) statements: Vec<String>,
    /// Entities by their ids.
    pub(crate) users: Vec<i64>,
    pub(crate) tags: Vec<String>,
}

impl Write {
    /// Gives a user another name, and says so.
    pub(crate) fn rename(id: i64, name: &str) -> Self {
        Self::default().sql(format!("update users set name = '{name}' where id = {id}")).user(id)
    }

    pub(crate) fn sql(mut self, statement: impl Into<String>) -> Self {
        self.statements.push(statement.into());
        self
    }

    pub(crate) fn user(mut self, id: i64) -> Self {
        self.users.push(id);
        self
    }

    pub(crate) fn tag(mut self, tag: &str) -> Self {
        self.tags.push(tag.to_owned());
        self
    }
}

/// How a transaction ends.
#[derive(Clone)]
pub(crate) enum End {
    Commit,
    Rollback,
    /// It is dropped; where a transaction is a closure, that returns an error.
    Dropped,
    /// Somebody cuts the connection before the commit is sent.
    Cut(Outside),
}

/// Something else that happens in the midst of a transaction.
pub(crate) type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A transaction that writes and then reads a user.
pub(crate) struct Inside {
    pub(crate) write: Write,
    pub(crate) id: i64,
    /// Whether the cache is used inside of the transaction too.
    pub(crate) through: bool,
    /// After the read, before the end.
    pub(crate) meanwhile: Meanwhile,
    pub(crate) end: End,
}

impl Inside {
    /// A transaction that only reads, past the cache, and commits.
    pub(crate) fn reads(id: i64) -> Self {
        Self { write: Write::default(), id, through: false, meanwhile: Box::pin(async {}), end: End::Commit }
    }

    /// Says that the cache is used.
    pub(crate) fn through(mut self) -> Self {
        self.through = true;
        self
    }

    pub(crate) fn after(mut self, write: Write) -> Self {
        self.write = write;
        self
    }

    pub(crate) fn meanwhile(mut self, meanwhile: impl Future<Output = ()> + Send + 'static) -> Self {
        self.meanwhile = Box::pin(meanwhile);
        self
    }

    pub(crate) fn end(mut self, end: End) -> Self {
        self.end = end;
        self
    }
}
