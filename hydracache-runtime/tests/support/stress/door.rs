//! The two ways into a cache that the checker takes: a typed view, and an annotated function with a late tag.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use hydracache_runtime::{CacheOptions, HydraCache, RefreshOptions, TypedCache, WriteIntent};

use super::Upset;
use crate::support::function::{Function, declared_tag, late_tag};
use crate::support::source::Row;

/// Which way a run takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entrance {
    Typed,
    Function,
}

/// A time to live of which several end during a run.
const SHORT: Duration = Duration::from_millis(1);

/// Every other row ends soon, for the calls that take old ones.
fn options(key: u64) -> CacheOptions {
    let options = CacheOptions::new().tag(declared_tag(key));
    if key.is_multiple_of(2) { options.ttl(SHORT) } else { options }
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

    /// A call that loads. There is no row if it waited for a load that failed.
    pub(super) async fn load<Fut>(&self, key: u64, load: Fut) -> Option<Row>
    where
        Fut: Future<Output = Row> + Send + 'static,
    {
        match self {
            Self::Typed(rows) => rows.get_or_insert_with(key.to_string(), options(key), || load).await.ok(),
            Self::Function(function) => Some(function.call(key, || load).await),
        }
    }

    /// Fills in what `read` returns. All tags are known by then, so the late one is given like the others.
    pub(super) async fn fill(&self, key: u64, read: impl Future<Output = Row>) {
        let token = self.cache().fill_token(self.text(key)).expect("a short key");
        let row = read.await;
        self.cache().fill(&token, row, options(key).tag(late_tag(key))).expect("valid options");
    }

    /// A call that takes old values. The row may be missing: a load that fails has nothing else to give.
    pub(super) async fn refresh<Fut>(&self, key: u64, load: Fut) -> Option<Row>
    where
        Fut: Future<Output = std::io::Result<Row>> + Send + 'static,
    {
        let Self::Typed(rows) = self else { panic!("a function has no windows here") };
        let micros = Duration::from_micros;
        let options = CacheOptions::new().tag(declared_tag(key)).ttl(SHORT);
        let refresh = RefreshOptions::new()
            .refresh_ahead(SHORT / 2)
            .stale_while_revalidate(SHORT)
            .stale_on_loader_error(10 * SHORT)
            .retry_after(micros(200))
            .soft_timeout(micros(50))
            .load_timeout(Duration::from_millis(50))
            .wait_timeout(micros(200));
        rows.get_or_load_with_refresh(key.to_string(), options, refresh, || load).await.ok()
    }

    /// A call for several keys, whose load brings the row of `extra` as well. There are no rows if it waited for a load that failed.
    pub(super) async fn many<Fut>(
        &self,
        keys: &[u64],
        extra: u64,
        mut load: impl FnMut(Vec<u64>) -> Fut,
    ) -> Option<HashMap<u64, Row>>
    where
        Fut: Future<Output = Vec<Row>> + Send + 'static,
    {
        let Self::Typed(rows) = self else { panic!("a function has no bulk calls here") };
        let tags = keys.iter().copied().chain([extra]).map(declared_tag);
        let options = CacheOptions::new().tags(tags);
        let load = |missing: Vec<String>| {
            let load = load(missing.iter().map(|key| key.parse().expect("a number")).collect());
            async move {
                let rows = load.await.into_iter().map(|row| (row.key.to_string(), row));
                Ok::<_, Infallible>(rows.collect::<Vec<_>>())
            }
        };
        let found = rows.get_many_or_load(keys.iter().map(u64::to_string), options, load).await;
        Some(found.ok()?.into_values().map(|row| (row.key, row)).collect())
    }

    /// Says that the row of a key is about to be written.
    pub(super) fn intent(&self, key: u64) -> WriteIntent {
        self.cache().write_intent(self.text(key)).expect("a short key")
    }

    /// The whole text of a key.
    fn text(&self, key: u64) -> String {
        match self {
            Self::Typed(_) => format!("rows:{key}"),
            Self::Function(_) => Function::key(key),
        }
    }

    pub(super) async fn upset(&self, upset: Upset, row: Row, intent: Option<WriteIntent>) {
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
            (Upset::Put, Self::Typed(rows)) => rows.put(key.to_string(), row, options(key)).await,
            (Upset::Put, Self::Function(function)) => function.put(row).await,
            (Upset::Prefix, _) => cache.invalidate_prefix(self.text(key)).await.map(drop),
            (Upset::Intent, _) => {
                let options = options(key).tag(late_tag(key));
                intent.expect("it was announced").put(row, options).await.map(drop)
            }
        };
        done.expect("an invalidation is applied");
    }
}
