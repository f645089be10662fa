//! Reads that take a connection out of a pool of deadpool, if they need one.

use std::error::Error as StdError;

use ::diesel_async::pooled_connection::deadpool::Pool;
use hydracache_runtime::{CacheResult, CacheValue};

use super::async_source::{Asked, DieselAsyncSource, Fetch};

// For each connection, because what the pool asks of connections in general cannot be repeated here.
macro_rules! pool_of {
    ($connection:ty) => {
        impl DieselAsyncSource<'static> for &Pool<$connection> {
            type Connection = $connection;

            async fn read<V, Q>(self, asked: Asked<V>, query: Q) -> CacheResult<V>
            where
                V: CacheValue,
                Q: Fetch<$connection, V> + Send + 'static,
            {
                let pool = self.clone();
                let load = || async move {
                    let mut connection = pool.get().await?;
                    Ok::<_, Box<dyn StdError + Send + Sync>>(query.fetch(&mut *connection).await?)
                };
                asked.read.owned(load).await
            }
        }
    };
}

#[cfg(feature = "diesel-async-postgres")]
pool_of!(::diesel_async::AsyncPgConnection);
#[cfg(feature = "diesel-async-mysql")]
pool_of!(::diesel_async::AsyncMysqlConnection);
