//! Transactions on Diesel's own connections.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use ::diesel::connection::{Connection, TransactionManager, TransactionManagerStatus};
use ::diesel::query_dsl::methods::ExecuteDsl;

use super::errors::{failed, of_commit, of_outbox};
use super::outbox::{DieselBackend, statements};
use super::status::{can_roll_back, ends_with_commit, outermost};
use crate::cache::DbCache;
use crate::error::{DbError, Result};
use crate::invalidations::Invalidations;

impl DbCache {
    /// Runs a closure inside of a transaction, commits, and then invalidates what the closure said.
    ///
    /// It is `Connection::transaction` of Diesel with a list: if the closure returns an error or panics the transaction is rolled
    /// back and nothing is invalidated, because nothing has changed. What was invalidated before the commit could be read and
    /// cached once more. When it returns, no later read in this process returns what the transaction made invalid; that other
    /// processes have been told is not waited for.
    ///
    /// The error is that of the closure: Diesel's own, a [`DbError`], or any that a `DbError` converts into, as into a
    /// `Box<dyn Error>` and into one of yours with `From<DbError>`. What goes wrong around the closure is told as that.
    ///
    /// With [`DbCache::with_outbox`] the list is also written into the database, in the same transaction.
    ///
    /// It blocks, as Diesel does: in async code it is run with `tokio::task::spawn_blocking`.
    ///
    /// # Errors
    ///
    /// That of the closure, as it is. [`NestedTransaction`](crate::DbErrorKind::NestedTransaction) inside of another
    /// transaction, whose end decides; the closure is not run. [`Outbox`](crate::DbErrorKind::Outbox) if the list could not be
    /// written; it is rolled back then. [`CommitUnknown`](crate::DbErrorKind::CommitUnknown) if the connection broke while the
    /// commit was under way, or the database ended it for a reason that Diesel has no name for: it may have happened, so
    /// everything in the list was invalidated. [`NotCommitted`](crate::DbErrorKind::NotCommitted) if the database refused it.
    ///
    /// ```
    /// # #[cfg(feature = "diesel-sqlite")]
    /// # fn example() -> hydracache_db::diesel::Result<()> {
    /// use diesel::prelude::*;
    /// use hydracache_db::diesel::{DbError, DieselCache, diesel};
    /// use hydracache_runtime::HydraCache;
    ///
    /// let users = DieselCache::new(HydraCache::local().build(), "users");
    /// let mut connection = SqliteConnection::establish(":memory:").expect("it is in memory");
    /// users.transaction(&mut connection, |connection, invalidations| {
    ///     diesel::sql_query("create table users (id integer primary key, name text)").execute(connection)?;
    ///     invalidations.invalidates_entity_named("user", 42).invalidates_tag("reports");
    ///     Ok::<_, DbError>(())
    /// })?;
    /// # Ok(())
    /// # }
    /// # #[cfg(feature = "diesel-sqlite")]
    /// # example().unwrap();
    /// ```
    pub fn transaction<C, R, E, F>(&self, connection: &mut C, body: F) -> std::result::Result<R, E>
    where
        C: Connection,
        C::Backend: DieselBackend,
        E: From<DbError>,
        F: FnOnce(&mut C, &mut Invalidations) -> std::result::Result<R, E>,
    {
        outermost(status(connection))?;
        C::TransactionManager::begin_transaction(connection).map_err(|error| failed("begin", error))?;
        let mut invalidations = Invalidations::new(self);
        // The connection is rolled back, so that it is as it was before.
        let value = match catch_unwind(AssertUnwindSafe(|| body(connection, &mut invalidations))) {
            Ok(Ok(value)) => value,
            Ok(Err(error)) => {
                roll_back(connection, &invalidations);
                return Err(error);
            }
            Err(panic) => {
                roll_back(connection, &invalidations);
                resume_unwind(panic)
            }
        };
        if let Err(error) = prepare_commit(connection, &invalidations) {
            roll_back(connection, &invalidations);
            return Err(error.into());
        }
        let guard = invalidations.commits();
        let committed = C::TransactionManager::commit_transaction(connection).map_err(of_commit);
        guard.ended(committed)?.fire();
        Ok(value)
    }
}

fn status<C: Connection>(connection: &mut C) -> &TransactionManagerStatus {
    C::TransactionManager::transaction_manager_status_mut(connection)
}

/// Writes the outbox, and sees to it that the commit is one.
fn prepare_commit<C>(connection: &mut C, invalidations: &Invalidations) -> Result<()>
where
    C: Connection,
    C::Backend: DieselBackend,
{
    ends_with_commit(status(connection))?;
    let records = invalidations.outbox_records();
    if !records.is_empty() {
        for statement in statements::<C::Backend>(&records)? {
            ExecuteDsl::execute(statement, connection).map_err(of_outbox)?;
        }
    }
    Ok(())
}

/// Rolls back, with whatever was begun inside.
fn roll_back<C: Connection>(connection: &mut C, invalidations: &Invalidations) {
    invalidations.list.roll_back();
    while can_roll_back(status(connection)) {
        if let Err(error) = C::TransactionManager::rollback_transaction(connection) {
            // The error that led here says more.
            tracing::warn!(%error, "a transaction that is given up was not rolled back");
            return;
        }
    }
}
