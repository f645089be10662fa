//! What a cache tells about itself: subscribers, counters, diagnostics.

use super::Engine;
use super::link::Link;
use crate::event::{CacheDiagnostics, CacheStats, Counters, EventHub};
use crate::store::Displaced;
use crate::sync::Arc;

impl Engine {
    pub(crate) fn events(&self) -> &EventHub {
        &self.events
    }

    /// Lets the numbers of a function be part of this cache's.
    pub(crate) fn count_function(&self, counters: &Arc<Counters>) {
        self.functions.lock().push(Arc::clone(counters));
    }

    /// Takes the numbers of a function over when its runtime goes.
    pub(crate) fn forget_function(&self, counters: &Arc<Counters>) {
        let mut functions = self.functions.lock();
        if let Some(at) = functions.iter().position(|known| Arc::ptr_eq(known, counters)) {
            functions.swap_remove(at);
            self.counters.add(counters);
        }
    }

    pub(crate) fn stats(&self) -> CacheStats {
        let mut displaced = Displaced::default();
        self.settings.store.collect(&mut displaced);
        self.settle(displaced);
        let mut stats = CacheStats::default();
        let functions = self.functions.lock();
        self.counters.add_to(&mut stats);
        for function in functions.iter() {
            function.add_to(&mut stats);
        }
        stats.events_published = self.events.events_published();
        stats.event_subscriber_lag = self.events.subscriber_lag();
        stats.distributed_invalidations_replaced = self.link.get().map_or(0, Link::replaced);
        stats
    }

    pub(crate) fn diagnostics(&self) -> CacheDiagnostics {
        // First, because it finishes what the store put off, and the numbers below are of one moment then.
        let stats = self.stats();
        let now = self.now();
        let (mut live, mut stale, mut dead) = (0, 0, 0);
        self.settings.store.visit(&mut |_, entry| {
            *if self.is_usable(entry, || now) {
                &mut live
            } else if self.is_kept(entry, now) {
                &mut stale
            } else {
                &mut dead
            } += 1;
        });
        CacheDiagnostics {
            name: self.settings.name.clone(),
            estimated_entries: self.settings.store.len() as u64,
            live_entries: live,
            stale_entries: stale,
            dead_entries: dead,
            weight: self.settings.store.weight(),
            capacity: self.settings.capacity,
            tags: self.tags.len() as u64,
            unpublished_invalidations: self.link.get().map_or(0, Link::waiting),
            stats,
        }
    }
}
