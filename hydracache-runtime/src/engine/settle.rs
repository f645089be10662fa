//! The lock of a key: what is done under it, and what is done with what left the store meanwhile.

use std::mem;

use super::flight::Shard;
use super::{Engine, Told};
use crate::entry::Entry;
use crate::event::{CacheEventKind, CacheEventOrigin, Count, Parts, Wakes};
use crate::key::{CacheKey, KeyRef, StoreKey};
use crate::store::Displaced;
use crate::sync::Arc;

impl Engine {
    /// Does something with the shard of `key` while it is locked. What was displaced is dropped afterwards.
    pub(super) fn locked<R>(&self, key: KeyRef<'_>, work: impl FnOnce(&mut Shard, &mut Displaced) -> R) -> R {
        let mut displaced = Displaced::default();
        let result = self.locked_until(key, &mut displaced, work);
        self.settle(displaced);
        result
    }

    /// As `locked`, for a caller with something to do before what was displaced is dropped.
    pub(super) fn locked_until<R>(
        &self,
        key: KeyRef<'_>,
        displaced: &mut Displaced,
        work: impl FnOnce(&mut Shard, &mut Displaced) -> R,
    ) -> R {
        let mut shard = self.flights.shard(key).lock();
        let result = work(&mut shard, displaced);
        if crate::planted::planted(crate::planted::PlantedBug::DropUnderLock) {
            displaced.clear_taken();
        }
        result
    }

    /// Whether the store holds a valid entry of a later reading than this one. Asked under the lock of the key.
    pub(super) fn is_superseded(&self, key: KeyRef<'_>, entry: &Entry, displaced: &mut Displaced) -> bool {
        let Some(there) = self.settings.store.peek(key) else { return false };
        let superseded = there.reading > entry.reading && self.is_valid(&there);
        // It may be evicted at this moment, and then this is its last reference.
        displaced.take(there);
        superseded
    }

    /// Counts and tells what was evicted, wakes who is told of what happened, and drops what left the store.
    pub(super) fn settle(&self, mut displaced: Displaced) {
        if displaced.evicted() > 0 {
            self.counters.raise_by(Count::Eviction, displaced.evicted());
            if self.events.wants(CacheEventKind::Evicted) {
                let mut met = Displaced::default();
                mem::swap(met.wakes(), displaced.wakes());
                for (key, entry) in displaced.evicted_entries() {
                    self.tell_eviction(key.as_ref(), entry, &mut met);
                }
            }
        }
        drop(displaced);
    }

    /// Tells of an eviction under the lock of the key that left, because a store takes it out under that of another. So it
    /// comes after the event of its entry.
    ///
    /// Where the key was stored anew meanwhile, that was told already, and this would come too late: it stays as if that
    /// had replaced the entry.
    pub(super) fn tell_eviction(&self, key: KeyRef<'_>, entry: &Entry, met: &mut Displaced) {
        if entry.stored.is_failure() {
            return;
        }
        self.locked_until(key, met, |_, met| {
            let there = self.settings.store.peek(key);
            if there.as_ref().is_none_or(|there| there.stored.is_failure()) {
                let parts = || Parts::entry(key.to_cache_key(), &entry.cells);
                self.events.publish(CacheEventKind::Evicted, CacheEventOrigin::Local, met.wakes(), parts);
            }
            // It may be evicted at this moment as well, and then this is its last reference.
            if let Some(there) = there {
                met.take(there);
            }
        });
    }

    /// Stores an entry and tells of it, under the lock of its key.
    pub(super) fn store_key(
        &self,
        key: &StoreKey,
        entry: Arc<Entry>,
        told: Told<'_>,
        displaced: &mut Displaced,
    ) {
        // Described before it is handed over: it may be refused, and this be its last reference.
        // The error of a load is no value that anybody can read.
        let wanted = self.events.wants(told.kind) && !entry.stored.is_failure();
        let parts = wanted.then(|| Parts::entry(key.to_cache_key(), &entry.cells));
        self.settings.store.insert(key.clone(), entry, displaced);
        if let Some(parts) = parts {
            self.publish(told, displaced.wakes(), || parts);
        }
    }

    #[inline]
    pub(super) fn publish(&self, told: Told<'_>, wakes: &mut Wakes, parts: impl FnOnce() -> Parts) {
        self.events.publish(told.kind, told.by.origin(), wakes, || told.by.sign(parts()));
    }

    /// Tells of something that concerns one key and changed nothing; not to be called under a lock.
    #[inline]
    pub(crate) fn tell(
        &self,
        kind: CacheEventKind,
        origin: CacheEventOrigin,
        key: &str,
        entry: Option<&Entry>,
    ) {
        if self.events.wants(kind) {
            self.tell_wanted(kind, origin, key, entry);
        }
    }

    #[cold]
    pub(super) fn tell_wanted(
        &self,
        kind: CacheEventKind,
        origin: CacheEventOrigin,
        key: &str,
        entry: Option<&Entry>,
    ) {
        let parts = || {
            let key = CacheKey::from_text(key);
            match entry {
                Some(entry) => Parts::entry(key, &entry.cells),
                None => Parts::key(key),
            }
        };
        self.events.publish(kind, origin, &mut Wakes::default(), parts);
    }
}
