//! Reads through a view that load what is not there.

use std::collections::HashMap;
use std::future::Future;

use super::TypedCache;
use crate::error::CacheResult;
use crate::many::{self, Alike, BulkKey};
use crate::ops::Asked;
use crate::options::{CacheOptions, RefreshOptions};
use crate::value::MemoryValue;
use crate::view;

impl<T: MemoryValue> TypedCache<T> {
    /// As [`HydraCache::get_or_load`](crate::HydraCache::get_or_load).
    ///
    /// # Errors
    ///
    /// As [`HydraCache::get_or_load`](crate::HydraCache::get_or_load).
    pub async fn get_or_load<E, F, Fut>(
        &self,
        key: impl AsRef<str>,
        options: CacheOptions,
        loader: F,
    ) -> CacheResult<T>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let started = view::start(self, key.as_ref(), &Asked::new(&options))?;
        started.finish(loader).await
    }

    /// Another name of [`get_or_load`](Self::get_or_load).
    ///
    /// # Errors
    ///
    /// As [`HydraCache::get_or_load`](crate::HydraCache::get_or_load).
    pub async fn try_get_or_insert_with<E, F, Fut>(
        &self,
        key: impl AsRef<str>,
        options: CacheOptions,
        loader: F,
    ) -> CacheResult<T>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.get_or_load(key, options, loader).await
    }

    /// As [`HydraCache::get_or_insert_with`](crate::HydraCache::get_or_insert_with).
    ///
    /// # Errors
    ///
    /// As [`HydraCache::get_or_insert_with`](crate::HydraCache::get_or_insert_with).
    pub async fn get_or_insert_with<F, Fut>(
        &self,
        key: impl AsRef<str>,
        options: CacheOptions,
        loader: F,
    ) -> CacheResult<T>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = T> + Send + 'static,
    {
        self.get_or_load(key, options, view::infallible(loader)).await
    }

    /// As [`HydraCache::get_or_load_with_refresh`](crate::HydraCache::get_or_load_with_refresh).
    ///
    /// # Errors
    ///
    /// As [`HydraCache::get_or_load_with_refresh`](crate::HydraCache::get_or_load_with_refresh).
    pub async fn get_or_load_with_refresh<E, F, Fut>(
        &self,
        key: impl AsRef<str>,
        options: CacheOptions,
        refresh: RefreshOptions,
        loader: F,
    ) -> CacheResult<T>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let asked = Asked { refresh: Some(&refresh), ..Asked::new(&options) };
        let started = view::start(self, key.as_ref(), &asked)?;
        started.finish(loader).await
    }

    /// As [`HydraCache::get_many`](crate::HydraCache::get_many).
    ///
    /// # Errors
    ///
    /// As [`HydraCache::get_many`](crate::HydraCache::get_many).
    pub async fn get_many<K: BulkKey>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> CacheResult<HashMap<K, T>> {
        many::get_many(self, keys)
    }

    /// As [`HydraCache::get_many_or_load`](crate::HydraCache::get_many_or_load).
    ///
    /// # Errors
    ///
    /// As [`HydraCache::get_many_or_load`](crate::HydraCache::get_many_or_load).
    pub async fn get_many_or_load<K, E, M, F, Fut>(
        &self,
        keys: impl IntoIterator<Item = K>,
        options: CacheOptions,
        loader: F,
    ) -> CacheResult<HashMap<K, T>>
    where
        K: BulkKey,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        M: IntoIterator<Item = (K, T)>,
        F: FnMut(Vec<K>) -> Fut,
        Fut: Future<Output = Result<M, E>> + Send + 'static,
    {
        many::get_many_or_load(self, keys, options, Alike, loader).await
    }
}

impl<T: MemoryValue> TypedCache<Option<T>> {
    /// As [`HydraCache::get_or_load_optional`](crate::HydraCache::get_or_load_optional).
    ///
    /// # Errors
    ///
    /// As [`HydraCache::get_or_load`](crate::HydraCache::get_or_load).
    pub async fn get_or_load_optional<E, F, Fut>(
        &self,
        key: impl AsRef<str>,
        options: CacheOptions,
        loader: F,
    ) -> CacheResult<Option<T>>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Option<T>, E>> + Send + 'static,
    {
        let started = view::start(self, key.as_ref(), &Asked::optional(&options))?;
        started.finish(loader).await
    }
}
