//! Invalidation that follows a transaction: after its commit, or not at all.

use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;

use hydracache_runtime::db_support::{Moment, adoptable};
use hydracache_runtime::{Applied, AtCommit, CommitList, HydraCache};

use crate::cache::DbCache;
use crate::error::{DbError, DbErrorKind, Result};
use crate::invalidations::{Invalidations, invalidates_methods};
use crate::outbox::{OutboxRecord, note_doubt};
use crate::planted::{PlantedBug, planted};

/// Where a transaction can be begun: a pool, a connection, or what a driver calls it.
///
/// Implemented by the adapters.
#[diagnostic::on_unimplemented(
    message = "no transaction can be begun on `{Self}`",
    label = "not a pool or a connection of a driver that is compiled in",
    note = "pass `&pool`, or a connection: `&mut *connection` for one of a pool",
    note = "inside of a transaction none is begun: add what becomes invalid to the one that is there, or begin that one with `DbCache::begin`",
    note = "else switch the feature of the driver on, such as `sqlx` or `sea-orm` of `hydracache-db`; with Diesel use `transaction(..)`"
)]
pub trait BeginTransaction: Send {
    /// The driver's transaction.
    type Transaction: DriverTransaction;

    /// How a commit is finished whose caller goes away, where the transaction borrows nothing.
    #[doc(hidden)]
    const OUTLIVES: Option<CommitOf<Self::Transaction>> = None;

    /// Begins one. Inside of another transaction that is refused: its end decides, and nobody here would learn of it.
    fn begin_transaction(self) -> impl Future<Output = Result<Self::Transaction>> + Send;
}

/// A commit that owns its transaction.
pub(crate) type CommitOf<X> = fn(X) -> Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// A transaction of a driver, as far as it must be known to be ended with what follows from it.
///
/// Implemented by the adapters.
pub trait DriverTransaction: Send {
    /// What statements are run on.
    type Connection: ?Sized;

    /// What statements are run on.
    fn connection(&self) -> &Self::Connection;

    /// What statements are run on.
    fn connection_mut(&mut self) -> &mut Self::Connection;

    /// Writes what the transaction makes invalid beside its data.
    fn write_outbox(&mut self, records: Vec<OutboxRecord>) -> impl Future<Output = Result<()>> + Send;

    /// Commits. The kind of the error tells whether it may have happened:
    /// [`CommitUnknown`](DbErrorKind::CommitUnknown), or anything else for certainly not.
    fn commit(self) -> impl Future<Output = Result<()>> + Send;

    /// Rolls back.
    fn rollback(self) -> impl Future<Output = Result<()>> + Send;
}

impl DbCache {
    /// Begins a transaction that knows what it makes invalid: an ordinary one of the driver, and a list.
    ///
    /// # Errors
    ///
    /// Those of the driver; [`NestedTransaction`](DbErrorKind::NestedTransaction) inside of another one.
    pub async fn begin<B: BeginTransaction>(&self, on: B) -> Result<DbTransaction<B::Transaction>> {
        // Before the transaction sees anything.
        let moment = Moment::now(self.cache());
        let transaction = on.begin_transaction().await?;
        let (scope, fills) = (Invalidations::new(self), Vec::new());
        Ok(DbTransaction { scope, transaction, moment, fills, outlives: B::OUTLIVES })
    }
}

/// What was read inside of a transaction and is stored when that is committed.
pub(crate) type Fill = Box<dyn FnOnce(Moment) + Send>;

/// A transaction with a list of what it makes invalid.
///
/// It is used as the connection that it dereferences to. [`commit`](Self::commit) commits, and then invalidates; after a
/// rollback, a failed commit, or when it is dropped, nothing is invalidated, because nothing has changed. The order matters:
/// what was invalidated before the commit could be read and cached once more.
///
/// With [`DbCache::with_outbox`] the list is also written into the database, in the same transaction, for other processes and
/// for the case that this one does not live to invalidate.
pub struct DbTransaction<X> {
    scope: Invalidations,
    transaction: X,
    moment: Moment,
    fills: Vec<Fill>,
    outlives: Option<CommitOf<X>>,
}

impl<X: DriverTransaction> DbTransaction<X> {
    invalidates_methods!();

    fn scope(&self) -> &Invalidations {
        &self.scope
    }

    /// Commits, and then invalidates what is in the list.
    ///
    /// When it returns, no later read in this process returns what the transaction made invalid. That other processes have
    /// been told is awaited as far as the cache's bus confirms it; where it does not, that is logged, and tried again by the
    /// bus itself: the data is committed all the same.
    ///
    /// # Errors
    ///
    /// [`CommitUnknown`](DbErrorKind::CommitUnknown) if the connection broke while the commit was under way: it may have
    /// happened, so everything in the list was invalidated. Any other error: it has not happened, and nothing was.
    /// [`Outbox`](DbErrorKind::Outbox) if the list could not be written; the transaction is rolled back then.
    ///
    /// # Cancel safety
    ///
    /// Dropped while the commit is under way, the commit of a transaction that was begun on a pool goes on in the tokio runtime, and
    /// invalidates when it has ended. One that was begun on a borrowed connection ends: what it lists is invalidated at once, since
    /// the server may commit all the same. Where it does so later than that, as after a connection that broke, a read in between
    /// can cache the old row; the [outbox](crate::outbox) is the cure, whose follower then applies the rows of this process too.
    pub async fn commit(self) -> Result<()> {
        let Self { scope, mut transaction, moment, fills, outlives } = self;
        let records = scope.outbox_records();
        if !records.is_empty() {
            transaction.write_outbox(records).await?;
        }
        let cache = scope.db.cache().clone();
        let after = AfterCommit { list: scope.commits(), moment, fills, cache: cache.clone() };
        let invalidated = match outlives {
            Some(commit) => adoptable(&cache, after.follow(commit(transaction))).await,
            None => after.follow(transaction.commit()).await,
        };
        spread(invalidated?).await;
        Ok(())
    }

    /// Rolls back and invalidates nothing.
    ///
    /// # Errors
    ///
    /// Those of the driver; the transaction is not committed in any case.
    pub async fn rollback(self) -> Result<()> {
        self.scope.list.roll_back();
        self.transaction.rollback().await
    }

    /// The driver's own transaction, for what the connection cannot do, and the list. Ended by hand it invalidates nothing until the
    /// list is told so, writes no outbox, and stores nothing of what was read in it.
    pub fn into_inner(self) -> (X, CommitList) {
        (self.transaction, self.scope.list)
    }

    /// The connection, and where to put what is read on it to be stored at the commit.
    #[allow(dead_code, reason = "what reads in a transaction is an adapter's")]
    pub(crate) fn reading(&mut self) -> (&mut X::Connection, &mut Vec<Fill>) {
        (self.transaction.connection_mut(), &mut self.fills)
    }
}

/// Waits until others were told of what a commit made invalid. The data is committed, whatever becomes of that.
pub(crate) async fn spread(invalidated: Applied) {
    if let Err(error) = invalidated.await {
        tracing::warn!(%error, "an invalidation after a commit is not complete");
    }
}

/// Whether nobody knows if a commit that ended with this error has happened.
fn may_have_happened(error: &DbError) -> bool {
    error.kind() == DbErrorKind::CommitUnknown && !planted(PlantedBug::UnknownIsNotCommitted)
}

/// What follows from a commit.
struct AfterCommit {
    list: MayHaveHappened,
    moment: Moment,
    fills: Vec<Fill>,
    cache: HydraCache,
}

impl AfterCommit {
    /// Waits for a commit, and does what follows from its outcome.
    async fn follow(self, commit: impl Future<Output = Result<()>>) -> Result<Applied> {
        let invalidated = self.list.ended(commit.await)?;
        let late = planted(PlantedBug::FillAsOfTheCommit);
        let moment = if late { Moment::now(&self.cache) } else { self.moment };
        // After the invalidations: what they make wrong is refused.
        for fill in self.fills {
            fill(moment);
        }
        Ok(invalidated)
    }
}

/// The list of a commit that is under way.
///
/// Dropped before the outcome is known, it invalidates: the commit may happen. It may also happen later than that, and then
/// nobody here learns of it but from the outbox.
pub(crate) struct MayHaveHappened(Option<CommitList>);

impl MayHaveHappened {
    pub(crate) fn new(list: CommitList) -> Self {
        if planted(PlantedBug::CommitInvalidatesFirst) {
            list.commit().fire();
        }
        Self(Some(list))
    }

    /// The commit has come to an end, or is not known to have: what is wrong by now is invalidated.
    pub(crate) fn ended(mut self, outcome: Result<()>) -> Result<Applied> {
        let list = self.0.take().unwrap_or_default();
        match outcome {
            Ok(()) => Ok(list.commit()),
            Err(error) => {
                if may_have_happened(&error) {
                    note_doubt();
                    list.commit().fire();
                } else {
                    list.roll_back();
                }
                Err(error)
            }
        }
    }
}

impl Drop for MayHaveHappened {
    fn drop(&mut self) {
        if let Some(list) = self.0.take() {
            note_doubt();
            list.commit().fire();
        }
    }
}

impl<X: DriverTransaction> Deref for DbTransaction<X> {
    type Target = X::Connection;

    fn deref(&self) -> &X::Connection {
        self.transaction.connection()
    }
}

impl<X: DriverTransaction> DerefMut for DbTransaction<X> {
    fn deref_mut(&mut self) -> &mut X::Connection {
        self.transaction.connection_mut()
    }
}

impl<X> AtCommit for DbTransaction<X> {
    fn commit_list(&self) -> &CommitList {
        &self.scope.list
    }
}

impl<X> fmt::Debug for DbTransaction<X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbTransaction")
            .field("db", &self.scope.db)
            .field("invalidations", &self.scope.list)
            .finish_non_exhaustive()
    }
}
