//! The counters of a cache or a function at one moment.

/// What a cache or a function did so far.
///
/// Every call that reads is classified once, at its first decision, as a hit, a miss, a join or served stale, so
/// [`requests`](Self::requests) is their sum. Counters are read one after the other while others may be raised: a
/// snapshot taken under load can be off by the calls under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct CacheStats {
    /// Calls that found a valid, fresh value, or the remembered error of a load.
    pub hits: u64,
    /// Calls that found none and loaded, or would have to.
    pub misses: u64,
    /// Calls that found none and waited for a load that was under way.
    pub joins: u64,
    /// Calls that were handed a value whose time to live had ended, at their first look.
    pub stale_served: u64,
    /// Values that were handed out after their time to live because a load failed or took too long, just then or a moment
    /// before.
    pub stale_on_error_served: u64,
    /// Loads that were started, in the background or not. A bulk loader counts once for each key it is called for.
    pub loads: u64,
    /// Runs of a loader that were started in the background, beside a value that was handed out.
    pub refreshes: u64,
    /// Runs of a loader that returned an error.
    pub load_failures: u64,
    /// Runs of a loader that were ended by their limit.
    pub load_timeouts: u64,
    /// Callers that got a stale value because the load took longer than they wanted to wait for it.
    pub soft_timeouts: u64,
    /// Callers that had waited long enough for the load of another, and went on beside it.
    pub wait_timeouts: u64,
    /// Loaded values that were not stored because something they depend on was invalidated meanwhile, or because a later
    /// reading of the source was stored before them.
    pub stale_discards: u64,
    /// Callers that did not accept the value they waited for, because it may be older than their call.
    pub rejoins: u64,
    /// Loads that a caller ran for itself alone, because the failures of shared loads could not be shared.
    pub self_loads: u64,
    /// Loads that were given up because the caller that ran them went away.
    pub cancelled: u64,
    /// Loads that went on in the background after the caller that began them went away.
    pub adopted: u64,
    /// Loads that were refused because they would have waited for themselves.
    pub load_cycles: u64,
    /// Reads that found a value of another type.
    pub type_mismatches: u64,
    /// Reads that found bytes which are not a value of the type asked for.
    pub decode_failures: u64,
    /// Calls of annotated functions that ran without the cache, because their key or options were refused or the runtime
    /// has no cache for them.
    pub bypassed: u64,
    /// Loaded values that were handed out but not stored, because they are too large, cannot be
    /// measured, or carry tags or a time to live that are refused.
    pub not_stored: u64,
    /// Values stored by a put or a fill.
    pub puts: u64,
    /// Fills that were refused because the key or something it depends on was written or invalidated since the token.
    pub refused_fills: u64,
    /// Requests to remove or expire a key, whether it was there or not.
    pub key_invalidations: u64,
    /// Tags invalidated.
    pub tag_invalidations: u64,
    /// Namespaces invalidated: typed views and functions that were cleared.
    pub namespace_invalidations: u64,
    /// Prefixes invalidated.
    pub prefix_invalidations: u64,
    /// Flushes of the whole cache.
    pub flushes: u64,
    /// Entries that left because space ran out, or were not admitted.
    pub evictions: u64,
    /// Events that were built because a subscriber wanted their kind. Of a function always zero.
    pub events_published: u64,
    /// Events that subscribers missed because they were slow, summed over all of them. Of a function always zero.
    pub event_subscriber_lag: u64,
    /// Invalidations of this cache that its bus took.
    pub distributed_invalidations_published: u64,
    /// Invalidations of this cache that were published as part of a flush, because too many waited or the bus could not
    /// carry them.
    pub distributed_invalidations_replaced: u64,
    /// Invalidations of other caches that arrived, repetitions among them.
    pub distributed_invalidations_received: u64,
    /// Invalidations of other caches that were applied here, those that were asked for again among them.
    pub distributed_invalidations_applied: u64,
    /// Invalidations of other caches that arrived once more and were applied once more.
    pub distributed_invalidations_duplicated: u64,
    /// Times that something of a publisher was missing.
    pub distributed_invalidation_gaps: u64,
    /// Missing invalidations that the bus gave out again.
    pub distributed_invalidations_repaired: u64,
    /// Times that everything was dropped because nobody could say what was missing.
    pub distributed_invalidation_flushes: u64,
    /// Messages that the bus skipped because this cache was slow, as far as it could count them.
    pub distributed_invalidation_lag: u64,
    /// Messages that could not be read.
    pub distributed_invalidation_decode_errors: u64,
    /// Attempts to publish that failed; each is made again.
    pub distributed_invalidation_publish_failures: u64,
    /// Subscriptions to the bus that ended; each is begun again.
    pub distributed_invalidation_receivers_closed: u64,
}

impl CacheStats {
    /// Calls that read: hits, misses, joins and those served stale.
    pub fn requests(&self) -> u64 {
        self.hits + self.misses + self.joins + self.stale_served
    }

    /// The same number under the name of earlier releases.
    pub fn total_requests(&self) -> u64 {
        self.requests()
    }

    /// The share of reads that were hits; `None` before the first read.
    #[allow(clippy::cast_precision_loss, reason = "a ratio of counters needs no more than 52 bits")]
    pub fn hit_ratio(&self) -> Option<f64> {
        (self.requests() > 0).then(|| self.hits as f64 / self.requests() as f64)
    }

    /// Whether nothing was read yet.
    pub fn is_empty(&self) -> bool {
        self.requests() == 0
    }

    /// Whether a caller waited for another caller's load.
    pub fn has_single_flight_activity(&self) -> bool {
        self.joins > 0
    }

    /// Whether a subscriber was too slow and missed events.
    pub fn has_event_subscriber_lag(&self) -> bool {
        self.event_subscriber_lag > 0
    }

    /// Whether anything was published to a bus or received from it.
    pub fn has_distributed_invalidation_activity(&self) -> bool {
        self.distributed_invalidations_published > 0 || self.distributed_invalidations_received > 0
    }

    /// Whether a bus was slow, broken, or lost something, repaired or not.
    pub fn has_distributed_invalidation_bus_issues(&self) -> bool {
        self.distributed_invalidation_gaps > 0
            || self.distributed_invalidation_lag > 0
            || self.distributed_invalidation_decode_errors > 0
            || self.distributed_invalidation_publish_failures > 0
            || self.distributed_invalidation_receivers_closed > 0
    }

    /// Whether a loaded value was discarded because it was overtaken by an invalidation.
    pub fn has_stale_load_discards(&self) -> bool {
        self.stale_discards > 0
    }
}
