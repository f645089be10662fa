//! Where the rows of an outbox are applied.

use hydracache_runtime::db_support::{apply_from_elsewhere, is_same_cache};
use hydracache_runtime::{Applied, CacheInvalidation, HydraCache};

use super::{OutboxKind, OutboxRecord};
use crate::cache::DbCache;
use crate::naming::list_tag;

/// Namespaces of results, and the caches that they are parts of.
#[derive(Debug, Clone, Default)]
pub(super) struct Targets {
    namespaces: Vec<DbCache>,
    caches: Vec<HydraCache>,
}

impl Targets {
    /// Adds a namespace of results.
    pub(super) fn add(&mut self, db: &DbCache) {
        self.add_cache(db.cache());
        self.namespaces.push(db.clone());
    }

    /// Whether rows are applied nowhere.
    pub(super) fn is_empty(&self) -> bool {
        self.caches.is_empty()
    }

    /// Adds a cache.
    pub(super) fn add_cache(&mut self, cache: &HydraCache) {
        if !self.caches.iter().any(|there| is_same_cache(there, cache)) {
            self.caches.push(cache.clone());
        }
    }

    /// What a row makes invalid, and where.
    fn concerned(&self, record: &OutboxRecord) -> Vec<(HydraCache, CacheInvalidation)> {
        if let Some(what) = record.invalidation() {
            let named = |cache: &&HydraCache| record.cache.as_deref() == Some(cache.name());
            // Where the writer's cache has a name that none has here, nothing of it must be lost: what it names is
            // invalidated in all.
            let named: Vec<_> = self.caches.iter().filter(named).collect();
            let all = if named.is_empty() { self.caches.iter().collect() } else { named };
            return all.into_iter().map(|cache| (cache.clone(), what.clone())).collect();
        }
        let of = |db: &DbCache| {
            let cache = db.cache().clone();
            let stale: Vec<_> = match (record.kind, &record.collection) {
                (OutboxKind::Row, None) => vec![db.stale_tag(&record.name)],
                (OutboxKind::Row, Some(collection)) => {
                    vec![db.stale_tag(&record.name), db.stale_tag(list_tag(collection).as_str())]
                }
                // There is no tag that everything of a table carries.
                _ => vec![db.stale_namespace()],
            };
            stale.into_iter().map(move |what| (cache.clone(), what))
        };
        self.namespaces.iter().flat_map(of).collect()
    }

    /// Invalidates here what a row says. True if it concerned anything.
    pub(super) fn apply(&self, record: &OutboxRecord, origin: &str) -> bool {
        let concerned = self.concerned(record);
        for (cache, what) in &concerned {
            if let Err(error) = apply_from_elsewhere(cache, what, origin) {
                // No entry can have such a key or tag.
                tracing::debug!(%error, "the outbox names something over a limit");
            }
        }
        !concerned.is_empty()
    }

    /// Invalidates here what a row says, and tells the other caches of each bus.
    pub(super) fn publish(&self, record: &OutboxRecord) -> Vec<Applied> {
        let concerned = self.concerned(record).into_iter();
        concerned.map(|(cache, what)| hydracache_runtime::db_support::request(&cache, what)).collect()
    }

    /// Drops everything that rows which nobody has read could have concerned: the namespaces, or whole caches.
    pub(super) fn drop_everything(&self, caches_too: bool) {
        for db in self.namespaces.iter().filter(|_| !caches_too) {
            // The whole of a namespace cannot be refused.
            let _ = apply_from_elsewhere(db.cache(), &db.stale_namespace(), "outbox");
        }
        for cache in self.caches.iter().filter(|_| caches_too || self.namespaces.is_empty()) {
            let _ = apply_from_elsewhere(cache, &CacheInvalidation::Flush, "outbox");
        }
    }
}
