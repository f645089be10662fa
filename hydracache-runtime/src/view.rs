//! What a cache and its typed views have in common: keys that become texts, and one way to read and store values.

use std::future::Future;
use std::pin::Pin;

use crate::cache::HydraCache;
use crate::error::{CacheResult, LoadError};
use crate::ops::{Asked, Ops, Started};
use crate::value::{Access, CacheValue};

/// A cache as the values of one type see it.
pub(crate) trait View<T>: Clone + Send + Sync + 'static {
    /// How values are read and stored.
    fn access(&self) -> Access<T>;

    /// Does something with the whole text of a key.
    fn with_key<R>(&self, key: &str, work: impl FnOnce(Ops<'_>, &str) -> R) -> R;
}

impl<T: CacheValue> View<T> for HydraCache {
    fn access(&self) -> Access<T> {
        Access::encodable()
    }

    fn with_key<R>(&self, key: &str, work: impl FnOnce(Ops<'_>, &str) -> R) -> R {
        work(self.ops(), key)
    }
}

/// Looks a key up for a caller who will load it if it is not there.
pub(crate) fn start<T: Clone + Send + Sync + 'static, V: View<T>>(
    view: &V,
    key: &str,
    asked: &Asked<'_, T>,
) -> CacheResult<Started<T>> {
    view.with_key(key, |ops, text| ops.start(text, view.access(), asked))
}

/// A loader that cannot fail, as one that can.
pub(crate) fn infallible<T, F, Fut>(
    loader: F,
) -> impl FnOnce() -> Pin<Box<dyn Future<Output = Result<T, LoadError>> + Send>>
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = T> + Send + 'static,
{
    || {
        let loading = loader();
        Box::pin(async move { Ok(loading.await) })
    }
}
