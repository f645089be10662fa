//! Transactions on connections of `diesel-async`.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::Poll;
use std::thread;

use ::diesel::connection::TransactionManagerStatus;
use ::diesel_async::methods::ExecuteDsl;
use ::diesel_async::{AsyncConnection, TransactionManager};

use super::errors::{failed, of_commit, of_outbox};
use super::outbox::{DieselBackend, statements};
use super::status::{can_roll_back, ends_with_commit, outermost};
use crate::cache::DbCache;
use crate::error::{DbError, Result};
use crate::invalidations::Invalidations;
use crate::transaction::spread;

/// An async closure that is run inside of a transaction, whose future may change threads.
///
/// Every such closure is one; it is here because the bound on its future cannot be written otherwise.
pub trait TransactionBody<A, B, O>:
    AsyncFnOnce(A, B) -> O + FnOnce(A, B) -> <Self as TransactionBody<A, B, O>>::Future
{
    /// What the closure returns.
    type Future: Future<Output = O> + Send;
}

impl<F, A, B, O, Fut> TransactionBody<A, B, O> for F
where
    F: AsyncFnOnce(A, B) -> O + FnOnce(A, B) -> Fut,
    Fut: Future<Output = O> + Send,
{
    type Future = Fut;
}

impl DbCache {
    /// Runs an async closure inside of a transaction of `diesel-async`, commits, and then invalidates what the closure said;
    /// otherwise as [`transaction`](Self::transaction).
    ///
    /// That other processes have been told is awaited as far as the cache's bus confirms it; where it does not, that is
    /// logged, and tried again by the bus itself: the data is committed all the same.
    ///
    /// # Errors
    ///
    /// As [`transaction`](Self::transaction).
    ///
    /// # Cancellation
    ///
    /// Dropped while the commit is under way, it invalidates, since the commit may happen. Dropped earlier, it invalidates
    /// nothing; the connection is then still inside of the transaction, as with `AsyncConnection::transaction`, and a pool
    /// throws it away.
    ///
    /// ```
    /// # #[cfg(feature = "diesel-async-postgres")]
    /// # mod example {
    /// use hydracache_db::diesel::diesel_async::{AsyncPgConnection, RunQueryDsl};
    /// use hydracache_db::diesel::{DbError, DieselCache, diesel};
    ///
    /// async fn rename(users: &DieselCache, connection: &mut AsyncPgConnection) -> Result<(), DbError> {
    ///     users
    ///         .transaction_async(connection, async |connection, invalidations| {
    ///             diesel::sql_query("update users set name = 'Grace' where id = 42").execute(connection).await?;
    ///             invalidations.invalidates_entity_named("user", 42);
    ///             Ok(())
    ///         })
    ///         .await
    /// }
    /// # }
    /// ```
    #[allow(clippy::manual_async_fn, reason = "that it may change threads is promised")]
    pub fn transaction_async<'a, C, R, E, F>(
        &'a self,
        connection: &'a mut C,
        body: F,
    ) -> impl Future<Output = std::result::Result<R, E>> + Send + 'a
    where
        C: AsyncConnection,
        C::Backend: DieselBackend,
        for<'r> F: AsyncFnOnce(&'r mut C, &'r mut Invalidations) -> std::result::Result<R, E>
            + TransactionBody<&'r mut C, &'r mut Invalidations, std::result::Result<R, E>>
            + Send
            + 'a,
        E: From<DbError> + Send + 'a,
        R: Send + 'a,
    {
        async move {
            outermost(status(connection))?;
            let begun = C::TransactionManager::begin_transaction(connection).await;
            begun.map_err(|error| failed("begin", error))?;
            let mut invalidations = Invalidations::new(self);
            let value = match caught(body(&mut *connection, &mut invalidations)).await {
                Ok(Ok(value)) => value,
                Ok(Err(error)) => {
                    roll_back(connection, &invalidations).await;
                    return Err(error);
                }
                Err(panic) => {
                    roll_back(connection, &invalidations).await;
                    resume_unwind(panic)
                }
            };
            if let Err(error) = prepare_commit(connection, &invalidations).await {
                roll_back(connection, &invalidations).await;
                return Err(error.into());
            }
            let guard = invalidations.commits();
            let committed = C::TransactionManager::commit_transaction(connection).await;
            spread(guard.ended(committed.map_err(of_commit))?).await;
            Ok(value)
        }
    }
}

fn status<C: AsyncConnection>(connection: &mut C) -> &TransactionManagerStatus {
    C::TransactionManager::transaction_manager_status_mut(connection)
}

/// Writes the outbox, and sees to it that the commit is one.
async fn prepare_commit<C>(connection: &mut C, invalidations: &Invalidations) -> Result<()>
where
    C: AsyncConnection,
    C::Backend: DieselBackend,
{
    ends_with_commit(status(connection))?;
    let records = invalidations.outbox_records();
    if !records.is_empty() {
        for statement in statements::<C::Backend>(&records)? {
            ExecuteDsl::execute(statement, connection).await.map_err(of_outbox)?;
        }
    }
    Ok(())
}

/// Rolls back, with whatever was begun inside.
async fn roll_back<C: AsyncConnection>(connection: &mut C, invalidations: &Invalidations) {
    invalidations.list.roll_back();
    while can_roll_back(status(connection)) {
        if let Err(error) = C::TransactionManager::rollback_transaction(connection).await {
            // The error that led here says more.
            tracing::warn!(%error, "a transaction that is given up was not rolled back");
            return;
        }
    }
}

/// What a future comes to, where a panic is an outcome too.
async fn caught<O>(future: impl Future<Output = O>) -> thread::Result<O> {
    let mut future = pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(outcome)) => Poll::Ready(Ok(outcome)),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}
