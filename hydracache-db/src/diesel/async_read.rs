//! Cached reads by queries of `diesel-async`.

use std::marker::PhantomData;

use ::diesel::{OptionalExtension, QueryResult};
use ::diesel_async::methods::LoadQuery;
use ::diesel_async::{AsyncConnection, RunQueryDsl};
use hydracache_runtime::CacheValue;

use super::Boxed;
use super::async_source::{Asked, DieselAsyncSource, Fetch};
use crate::error::{DbError, Result};
use crate::query::{DbQuery, existing};

/// Cached reads by queries of `diesel-async`.
///
/// What is returned is a boxed future, because the compiler cannot see of others that they may change threads when they are
/// awaited in a closure.
///
/// On a connection the load ends with its caller, on a pool it goes on. Inside of a transaction the cache is left out, unless
/// [`cached_in_transaction`](DbQuery::cached_in_transaction) was said.
///
/// ```
/// # #[cfg(feature = "diesel-async-postgres")]
/// # mod example {
/// use hydracache_db::diesel::diesel_async::AsyncPgConnection;
/// use hydracache_db::diesel::{DieselAsyncQueryExt, DieselCache, Result, diesel};
/// use diesel::prelude::*;
///
/// diesel::table! {
///     users (id) {
///         id -> BigInt,
///         name -> Text,
///     }
/// }
///
/// async fn name(queries: &DieselCache, connection: &mut AsyncPgConnection, id: i64) -> Result<String> {
///     let query = users::table.find(id).select(users::name);
///     queries.entity("user", id).diesel_load_one(connection, query).await
/// }
/// # }
/// ```
pub trait DieselAsyncQueryExt<T: CacheValue>: Sized {
    /// Returns the cached row, or the one that the query finds first.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::DbErrorKind::NotFound) if there is none, which is not remembered; what went wrong in the database,
    /// with the error of Diesel as the source.
    fn diesel_load_one<'a, 'q, S, Q>(self, on: S, query: Q) -> Boxed<'a, Result<T>>
    where
        'q: 'a,
        S: DieselAsyncSource<'q> + 'a,
        Q: LoadQuery<'q, S::Connection, T> + Send + 'q;

    /// Returns the cached row, or the one that the query finds first, or that there is none, which is remembered as well.
    ///
    /// # Errors
    ///
    /// What went wrong in the database, with the error of Diesel as the source.
    fn diesel_load_optional<'a, 'q, S, Q>(self, on: S, query: Q) -> Boxed<'a, Result<Option<T>>>
    where
        'q: 'a,
        S: DieselAsyncSource<'q> + 'a,
        Q: LoadQuery<'q, S::Connection, T> + Send + 'q;

    /// Returns all rows that the query finds, which may be none.
    ///
    /// # Errors
    ///
    /// What went wrong in the database, with the error of Diesel as the source.
    fn diesel_load_all<'a, 'q, S, Q>(self, on: S, query: Q) -> Boxed<'a, Result<Vec<T>>>
    where
        'q: 'a,
        S: DieselAsyncSource<'q> + 'a,
        Q: LoadQuery<'q, S::Connection, T> + Send + 'q;
}

impl<T: CacheValue> DieselAsyncQueryExt<T> for DbQuery<T> {
    fn diesel_load_one<'a, 'q, S, Q>(self, on: S, query: Q) -> Boxed<'a, Result<T>>
    where
        'q: 'a,
        S: DieselAsyncSource<'q> + 'a,
        Q: LoadQuery<'q, S::Connection, T> + Send + 'q,
    {
        Box::pin(async move {
            let through = self.in_transaction;
            let (read, context) = self.row("diesel_load_one")?;
            existing(on.read(Asked { read, through }, Needed(query, PhantomData)).await, context)
        })
    }

    fn diesel_load_optional<'a, 'q, S, Q>(self, on: S, query: Q) -> Boxed<'a, Result<Option<T>>>
    where
        'q: 'a,
        S: DieselAsyncSource<'q> + 'a,
        Q: LoadQuery<'q, S::Connection, T> + Send + 'q,
    {
        Box::pin(async move {
            let through = self.in_transaction;
            let (read, context) = self.row_or_none("diesel_load_optional")?;
            let row = on.read(Asked { read, through }, Row(query, PhantomData)).await;
            row.map_err(|error| DbError::of_cache(context, error))
        })
    }

    fn diesel_load_all<'a, 'q, S, Q>(self, on: S, query: Q) -> Boxed<'a, Result<Vec<T>>>
    where
        'q: 'a,
        S: DieselAsyncSource<'q> + 'a,
        Q: LoadQuery<'q, S::Connection, T> + Send + 'q,
    {
        Box::pin(async move {
            let through = self.in_transaction;
            let (read, context) = self.list("diesel_load_all")?;
            let rows = on.read(Asked { read, through }, Rows(query, PhantomData)).await;
            rows.map_err(|error| DbError::of_cache(context, error))
        })
    }
}

/// The first row, which is needed.
struct Needed<'q, Q>(Q, PhantomData<&'q ()>);

/// The first row, if there is one.
struct Row<'q, Q>(Q, PhantomData<&'q ()>);

/// All rows.
struct Rows<'q, Q>(Q, PhantomData<&'q ()>);

impl<'q, C, T, Q> Fetch<C, Option<T>> for Needed<'q, Q>
where
    C: AsyncConnection,
    T: Send,
    Q: LoadQuery<'q, C, T> + Send + 'q,
{
    async fn fetch(self, on: &mut C) -> QueryResult<Option<T>> {
        self.0.get_result(on).await.map(Some)
    }
}

impl<'q, C, T, Q> Fetch<C, Option<T>> for Row<'q, Q>
where
    C: AsyncConnection,
    T: Send,
    Q: LoadQuery<'q, C, T> + Send + 'q,
{
    async fn fetch(self, on: &mut C) -> QueryResult<Option<T>> {
        self.0.get_result(on).await.optional()
    }
}

impl<'q, C, T, Q> Fetch<C, Vec<T>> for Rows<'q, Q>
where
    C: AsyncConnection,
    T: Send,
    Q: LoadQuery<'q, C, T> + Send + 'q,
{
    async fn fetch(self, on: &mut C) -> QueryResult<Vec<T>> {
        self.0.load(on).await
    }
}
