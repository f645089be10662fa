//! Cached reads by queries of sqlx.

use std::future::Future;

use ::sqlx::{Connection, Database, Error};
use hydracache_runtime::{CacheResult, CacheValue};

use super::Boxed;
use super::read::{OwnedRead, SqlxRead};
use super::source::{Place, SqlxSource};
use crate::error::{DbError, Result};
use crate::query::{DbQuery, Read, existing};

/// Cached reads by queries of sqlx.
///
/// On a pool the load takes a connection only if it is needed, and goes on when its caller goes away. On a connection it ends
/// with its caller. Inside of a transaction the cache is left out, unless
/// [`cached_in_transaction`](DbQuery::cached_in_transaction) was said.
pub trait SqlxQueryExt<T: CacheValue>: Sized {
    /// Returns the row that the query finds first.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::DbErrorKind::NotFound) if there is none, which is not remembered; what went wrong in the database,
    /// with the error of sqlx as the source.
    fn sqlx_one<'c, DB, S, R, Of>(
        self,
        on: S,
        query: R,
    ) -> impl Future<Output = Result<T>> + Send + use<'c, Self, T, DB, S, R, Of>
    where
        DB: Database,
        S: SqlxSource<'c, DB, Of>,
        R: SqlxRead<DB, T>;

    /// Returns the row that the query finds first, or that there is none, which is remembered as well.
    ///
    /// # Errors
    ///
    /// What went wrong in the database, with the error of sqlx as the source.
    fn sqlx_optional<'c, DB, S, R, Of>(
        self,
        on: S,
        query: R,
    ) -> impl Future<Output = Result<Option<T>>> + Send + use<'c, Self, T, DB, S, R, Of>
    where
        DB: Database,
        S: SqlxSource<'c, DB, Of>,
        R: SqlxRead<DB, T>;

    /// Returns all rows that the query finds, which may be none.
    ///
    /// # Errors
    ///
    /// What went wrong in the database, with the error of sqlx as the source.
    fn sqlx_all<'c, DB, S, R, Of>(
        self,
        on: S,
        query: R,
    ) -> impl Future<Output = Result<Vec<T>>> + Send + use<'c, Self, T, DB, S, R, Of>
    where
        DB: Database,
        S: SqlxSource<'c, DB, Of>,
        R: SqlxRead<DB, T>;
}

impl<T: CacheValue> SqlxQueryExt<T> for DbQuery<T> {
    fn sqlx_one<'c, DB, S, R, Of>(
        self,
        on: S,
        query: R,
    ) -> impl Future<Output = Result<T>> + Send + use<'c, T, DB, S, R, Of>
    where
        DB: Database,
        S: SqlxSource<'c, DB, Of>,
        R: SqlxRead<DB, T>,
    {
        let (place, query, through) = (on.place(), query.into_owned(), self.in_transaction);
        async move {
            let (read, context) = self.row("sqlx_one")?;
            let needed =
                |row: std::result::Result<Option<T>, Error>| row?.map(Some).ok_or(Error::RowNotFound);
            let row = run(place, read, through, query, move |query, on| {
                Box::pin(async move { needed(query.row(on).await) })
            });
            existing(row.await, context)
        }
    }

    fn sqlx_optional<'c, DB, S, R, Of>(
        self,
        on: S,
        query: R,
    ) -> impl Future<Output = Result<Option<T>>> + Send + use<'c, T, DB, S, R, Of>
    where
        DB: Database,
        S: SqlxSource<'c, DB, Of>,
        R: SqlxRead<DB, T>,
    {
        let (place, query, through) = (on.place(), query.into_owned(), self.in_transaction);
        async move {
            let (read, context) = self.row_or_none("sqlx_optional")?;
            let row = run(place, read, through, query, |query, on| query.row(on)).await;
            row.map_err(|error| DbError::of_cache(context, error))
        }
    }

    fn sqlx_all<'c, DB, S, R, Of>(
        self,
        on: S,
        query: R,
    ) -> impl Future<Output = Result<Vec<T>>> + Send + use<'c, T, DB, S, R, Of>
    where
        DB: Database,
        S: SqlxSource<'c, DB, Of>,
        R: SqlxRead<DB, T>,
    {
        let (place, query, through) = (on.place(), query.into_owned(), self.in_transaction);
        async move {
            let (read, context) = self.list("sqlx_all")?;
            let rows = run(place, read, through, query, |query, on| query.rows(on)).await;
            rows.map_err(|error| DbError::of_cache(context, error))
        }
    }
}

/// Reads through the cache where that may be.
async fn run<DB, V, Q, F>(
    place: Place<'_, DB>,
    read: Read<V>,
    through: bool,
    query: Q,
    fetch: F,
) -> CacheResult<V>
where
    DB: Database,
    V: CacheValue,
    Q: Send + 'static,
    F: for<'c> FnOnce(Q, &'c mut DB::Connection) -> Boxed<'c, std::result::Result<V, Error>> + Send + 'static,
{
    match place {
        Place::Pool(pool) => {
            let load = || async move {
                let mut connection = pool.acquire().await?;
                fetch(query, &mut connection).await
            };
            read.owned(load).await
        }
        Place::Connection(connection) if !connection.is_in_transaction() => {
            read.borrowed(|| fetch(query, connection)).await
        }
        Place::Connection(connection) => {
            if through && let Some(value) = read.hit().await {
                return Ok(value);
            }
            read.past(fetch(query, connection)).await
        }
        Place::Transaction(connection, fills) => {
            if !through {
                return read.past(fetch(query, connection)).await;
            }
            if let Some(value) = read.hit().await {
                return Ok(value);
            }
            let value = read.past(fetch(query, connection)).await?;
            fills.push(read.at_commit(value.clone()));
            Ok(value)
        }
    }
}
