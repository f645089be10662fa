//! Named schedules, one by one: a load is stopped between its read and its return while something else happens.

#[cfg(feature = "test-util")]
mod expiry;
mod fills;
mod joiners;
mod late_tags;
mod namespaces;
mod overtaken;
mod several_loaders;

use std::future::Future;

use hydracache_runtime::{CacheOptions, CacheResult, Eviction, HydraCache, TypedCache};

use crate::support::roomy;
use crate::support::source::Row;
use crate::support::stress::Upset;

/// The tag that every row of a [`Desk`] carries.
const TAG: &str = "rows";

/// A cache and a typed view of it, on which schedules are played.
#[derive(Debug)]
struct Desk {
    cache: HydraCache,
    rows: TypedCache<Row>,
}

impl Desk {
    fn new(eviction: Eviction) -> Self {
        let cache = roomy(eviction);
        Self { rows: cache.typed("rows"), cache }
    }

    /// A call for the key `k`.
    async fn call<Fut>(&self, load: Fut) -> CacheResult<Row>
    where
        Fut: Future<Output = Row> + Send + 'static,
    {
        self.rows.get_or_insert_with("k", tagged(), || load).await
    }

    async fn get(&self) -> Option<Row> {
        self.rows.get("k").await.expect("a row was stored")
    }

    /// Does to the key `k`, after its source became `row`, what makes older values wrong.
    async fn upset(&self, upset: Upset, row: Row) {
        match upset {
            Upset::Key => self.rows.invalidate_key("k").await.map(drop),
            Upset::Tag | Upset::LateTag => self.cache.invalidate_tag(TAG).await,
            Upset::Clear => self.rows.clear().await,
            Upset::Flush => self.cache.flush().await,
            Upset::Expire => self.rows.expire_key("k").await.map(drop),
            Upset::Put => self.rows.put("k", row, tagged()).await,
            Upset::Prefix => self.cache.invalidate_prefix("rows:k").await.map(drop),
            Upset::Intent => {
                let intent = self.cache.write_intent("rows:k").expect("a short key");
                intent.put(row, tagged()).await.map(drop)
            }
        }
        .expect("it is applied");
    }
}

fn tagged() -> CacheOptions {
    CacheOptions::new().tag(TAG)
}
