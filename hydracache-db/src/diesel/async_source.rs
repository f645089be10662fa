//! What a query of `diesel-async` can be run on.

use std::fmt;
use std::future::Future;

use ::diesel::QueryResult;
use ::diesel_async::{AsyncConnection, TransactionManager};
use hydracache_runtime::{CacheResult, CacheValue};

use super::status::may_be_in_transaction;
use crate::query::{Read, Whereabouts};

/// What a query of `diesel-async` can be run on: a mutable reference to a connection or to a pooled connection, or, with the
/// feature `diesel-async-deadpool`, a pool.
///
/// On a connection a query may borrow, and its load ends with its caller. On a pool it owns what it uses, and its load takes
/// a connection only if it is needed and goes on when its caller goes away.
#[diagnostic::on_unimplemented(
    message = "no query of `diesel-async` can be run on `{Self}`",
    label = "not a connection of `diesel-async`",
    note = "pass `&mut connection`; a pool of deadpool can be passed with the feature `diesel-async-deadpool`, and of another \
            pool `&mut pool.get().await?`"
)]
pub trait DieselAsyncSource<'q>: Send {
    /// What the query is run on in the end.
    type Connection: AsyncConnection;

    /// Reads through the cache where that may be.
    #[doc(hidden)]
    fn read<V, Q>(
        self,
        asked: Asked<V>,
        query: Q,
    ) -> impl Future<Output = CacheResult<V>> + Send + use<'q, Self, V, Q>
    where
        V: CacheValue,
        Q: Fetch<Self::Connection, V> + Send + 'q;
}

/// What is asked of the cache.
#[doc(hidden)]
pub struct Asked<V> {
    pub(super) read: Read<V>,
    /// Whether the cache is asked inside of a transaction too.
    pub(super) through: bool,
}

impl<V> fmt::Debug for Asked<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("through", &self.through).finish_non_exhaustive()
    }
}

/// A query, and what is made of its rows.
#[doc(hidden)]
pub trait Fetch<C, V> {
    fn fetch(self, on: &mut C) -> impl Future<Output = QueryResult<V>> + Send;
}

impl<'q, C: AsyncConnection> DieselAsyncSource<'q> for &mut C {
    type Connection = C;

    async fn read<V, Q>(self, asked: Asked<V>, query: Q) -> CacheResult<V>
    where
        V: CacheValue,
        Q: Fetch<C, V> + Send + 'q,
    {
        let status = C::TransactionManager::transaction_manager_status_mut(self);
        let whereabouts = Whereabouts::of_connection(may_be_in_transaction(status));
        asked.read.on_connection(whereabouts, asked.through, || query.fetch(self)).await
    }
}
