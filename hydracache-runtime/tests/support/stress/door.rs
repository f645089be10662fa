//! The two ways into a cache that the checker takes: a typed view, and an annotated function with a late tag.

use std::future::Future;

use hydracache_runtime::{CacheOptions, HydraCache, TypedCache};

use super::Upset;
use crate::support::function::{Function, declared_tag, late_tag};
use crate::support::source::Row;

/// Which way a run takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entrance {
    Typed,
    Function,
}

#[derive(Debug)]
pub(super) enum Door {
    Typed(TypedCache<Row>),
    Function(Function),
}

impl Door {
    pub(super) fn new(entrance: Entrance, cache: HydraCache) -> Self {
        match entrance {
            Entrance::Typed => Self::Typed(cache.typed("rows")),
            Entrance::Function => Self::Function(Function::new(cache)),
        }
    }

    pub(super) fn cache(&self) -> &HydraCache {
        match self {
            Self::Typed(rows) => rows.cache(),
            Self::Function(function) => &function.cache,
        }
    }

    pub(super) async fn get(&self, key: u64) -> Option<Row> {
        match self {
            Self::Typed(rows) => rows.get(key.to_string()).await.expect("a short key"),
            Self::Function(function) => function.get(key),
        }
    }

    pub(super) async fn load<Fut>(&self, key: u64, load: Fut) -> Row
    where
        Fut: Future<Output = Row> + Send + 'static,
    {
        match self {
            Self::Typed(rows) => {
                let options = CacheOptions::new().tag(declared_tag(key));
                rows.get_or_insert_with(key.to_string(), options, || load).await.expect("it cannot fail")
            }
            Self::Function(function) => function.call(key, || load).await,
        }
    }

    /// Fills in what `read` returns. All tags are known by then, so the late one is given like the others.
    pub(super) async fn fill(&self, key: u64, read: impl Future<Output = Row>) {
        let text = match self {
            Self::Typed(_) => format!("rows:{key}"),
            Self::Function(_) => Function::key(key),
        };
        let token = self.cache().fill_token(text).expect("a short key");
        let row = read.await;
        let options = CacheOptions::new().tag(declared_tag(key)).tag(late_tag(key));
        self.cache().fill(&token, row, options).expect("valid options");
    }

    pub(super) async fn upset(&self, upset: Upset, row: Row) {
        let (cache, key) = (self.cache(), row.key);
        let done = match (upset, self) {
            (Upset::Key, Self::Typed(rows)) => rows.invalidate_key(key.to_string()).await.map(drop),
            (Upset::Key, Self::Function(function)) => function.invalidate(key).await.map(drop),
            (Upset::Tag, _) => cache.invalidate_tag(declared_tag(key)).await,
            (Upset::LateTag, Self::Function(_)) => cache.invalidate_tag(late_tag(key)).await,
            (Upset::LateTag, Self::Typed(_)) => panic!("a typed view declares all its tags"),
            (Upset::Clear, Self::Typed(rows)) => rows.clear().await,
            (Upset::Clear, Self::Function(function)) => function.clear().await,
            (Upset::Flush, _) => cache.flush().await,
            (Upset::Expire, Self::Typed(rows)) => rows.expire_key(key.to_string()).await.map(drop),
            (Upset::Expire, Self::Function(function)) => function.expire(key).await.map(drop),
            (Upset::Put, Self::Typed(rows)) => {
                rows.put(key.to_string(), row, CacheOptions::new().tag(declared_tag(key))).await
            }
            (Upset::Put, Self::Function(function)) => function.put(row).await,
        };
        done.expect("an invalidation is applied");
    }
}
