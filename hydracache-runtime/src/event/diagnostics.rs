//! A closer look at a cache, for smoke tests and operators.

use super::CacheStats;

/// The counters of a cache together with what it holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct CacheDiagnostics {
    /// The name the cache was built with.
    pub name: String,
    /// Its counters.
    pub stats: CacheStats,
    /// Entries in the store, dead ones included; may lag behind under load.
    pub estimated_entries: u64,
    /// Entries a read would return.
    pub live_entries: u64,
    /// Entries whose freshness has ended and that are kept for calls which take stale values.
    pub stale_entries: u64,
    /// Entries that are of no use to anybody, expired or invalidated, and not swept yet.
    pub dead_entries: u64,
    /// What the entries weigh: their number, or bytes in a cache bounded in bytes.
    pub weight: u64,
    /// What they may weigh; 0 where a store of one's own decides.
    pub capacity: u64,
    /// Invalidations that were applied here and wait for the bus to take them.
    pub unpublished_invalidations: u64,
    /// Tags in use, counting those that were dropped and not swept yet.
    pub tags: u64,
}

impl CacheDiagnostics {
    /// Calls that read: hits, misses, joins and those served stale.
    pub fn total_requests(&self) -> u64 {
        self.stats.requests()
    }

    /// The share of reads that were hits; `None` before the first read.
    pub fn hit_ratio(&self) -> Option<f64> {
        self.stats.hit_ratio()
    }

    /// Whether the cache holds no entry.
    pub fn is_empty(&self) -> bool {
        self.estimated_entries == 0
    }

    /// Whether a caller waited for another caller's load.
    pub fn has_single_flight_activity(&self) -> bool {
        self.stats.has_single_flight_activity()
    }

    /// Whether a subscriber was too slow and missed events.
    pub fn has_event_subscriber_lag(&self) -> bool {
        self.stats.has_event_subscriber_lag()
    }

    /// Whether anything was published to a bus or received from it.
    pub fn has_distributed_invalidation_activity(&self) -> bool {
        self.stats.has_distributed_invalidation_activity()
    }

    /// Whether a bus was slow, broken, or lost something, repaired or not.
    pub fn has_distributed_invalidation_bus_issues(&self) -> bool {
        self.stats.has_distributed_invalidation_bus_issues()
    }

    /// Whether a loaded value was discarded because it was overtaken by an invalidation.
    pub fn has_stale_load_discards(&self) -> bool {
        self.stats.has_stale_load_discards()
    }
}
