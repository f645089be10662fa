//! Cached reads by queries of sqlx.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;

use ::sqlx::{Connection, Database, Error, Pool};
use hydracache_runtime::{CacheEntity, CacheResult, CacheValue, KeySegment};

use super::Boxed;
use super::read::{OwnedRead, SqlxRead};
use super::source::{Place, SqlxSource};
use crate::error::{DbError, Result};
use crate::many::DbMany;
use crate::query::{DbQuery, Read, Whereabouts, existing};

/// Cached reads by queries of sqlx.
///
/// On a pool the load takes a connection only if it is needed, and goes on when its caller goes away. On a connection it ends
/// with its caller. Inside of a transaction the cache is left out, unless
/// [`cached_in_transaction`](DbQuery::cached_in_transaction) was said. sqlx knows of transactions that were begun by its own
/// methods; one that was begun by the text `begin` is not noticed.
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

impl<T, I> DbMany<T, I>
where
    T: CacheValue + CacheEntity<Id = I>,
    I: KeySegment + Eq + Hash + Clone + Send + Sync + 'static,
{
    /// As [`load_many`](Self::load_many), by the query that a closure makes of the ids that are missing, on a pool.
    ///
    /// ```
    /// # use hydracache_db::{CacheEntity, DbCache};
    /// # use hydracache_db::sqlx::sqlx;
    /// # async fn example<User>(users: DbCache, pool: sqlx::PgPool) -> hydracache_db::Result<()>
    /// # where
    /// #     User: CacheEntity<Id = i64> + hydracache_runtime::CacheValue,
    /// #     User: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    /// # {
    /// let found = users
    ///     .for_entities::<User>([1, 2, 3])
    ///     .sqlx_many(&pool, |missing| sqlx::query_as("select * from users where id = any($1)").bind(missing))
    ///     .await?;
    /// # let _ = found;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Databases without arrays take a list, which a `QueryBuilder` writes:
    ///
    /// ```
    /// # use hydracache_db::{CacheEntity, DbCache};
    /// # use hydracache_db::sqlx::sqlx;
    /// # async fn example<User>(users: DbCache, pool: sqlx::Pool<sqlx::MySql>) -> hydracache_db::Result<()>
    /// # where
    /// #     User: CacheEntity<Id = i64> + hydracache_runtime::CacheValue,
    /// #     User: for<'r> sqlx::FromRow<'r, sqlx::mysql::MySqlRow>,
    /// # {
    /// let found = users
    ///     .for_entities::<User>([1, 2, 3])
    ///     .sqlx_many(&pool, |missing| {
    ///         let mut query = sqlx::QueryBuilder::new("select * from users where id in (");
    ///         let mut ids = query.separated(", ");
    ///         for id in missing {
    ///             ids.push_bind(id);
    ///         }
    ///         query.push(")");
    ///         query
    ///     })
    ///     .await?;
    /// # let _ = found;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`load_many`](Self::load_many), with the error of sqlx as the source.
    pub fn sqlx_many<DB, R>(
        self,
        pool: &Pool<DB>,
        mut query: impl FnMut(Vec<I>) -> R + Send,
    ) -> impl Future<Output = Result<HashMap<I, T>>> + Send
    where
        DB: Database,
        R: SqlxRead<DB, T>,
    {
        let pool = pool.clone();
        self.load_many(move |missing| {
            let (pool, query) = (pool.clone(), query(missing).into_owned());
            async move { query.rows(&mut *pool.acquire().await?).await }
        })
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
        Place::Connection(connection) => {
            let whereabouts = Whereabouts::of_connection(connection.is_in_transaction());
            read.on_connection(whereabouts, through, || fetch(query, connection)).await
        }
        Place::Transaction(connection, fills) => {
            read.on_connection(Whereabouts::Ours(fills), through, || fetch(query, connection)).await
        }
    }
}
