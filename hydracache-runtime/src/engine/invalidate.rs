//! Invalidation. When one of these returns, no later read returns what it invalidated.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::{By, Engine, Told};
use crate::entry::Entry;
use crate::error::Error;
use crate::event::{CacheEventKind, Count, Parts, Wakes};
use crate::key::{KeyRef, covers};
use crate::planted::{PlantedBug, planted};
use crate::store::Displaced;
use crate::sync::{Arc, Ordering};
use crate::tag;

impl Engine {
    /// Takes a key out and returns its entry if a read would have.
    pub(crate) fn remove(&self, key: KeyRef<'_>, by: By<'_>) -> Option<Arc<Entry>> {
        self.counters.raise(Count::KeyInvalidation);
        let removed = self.locked(key, |shard, displaced| {
            shard.note_write(key, self.next_seq());
            self.take_out(key, by, displaced)
        });
        removed.filter(|entry| self.is_usable(entry, || self.now()))
    }

    /// Takes a key out of the store, under its lock, and tells of it if there was something.
    pub(super) fn take_out(
        &self,
        key: KeyRef<'_>,
        by: By<'_>,
        displaced: &mut Displaced,
    ) -> Option<Arc<Entry>> {
        let there = self.settings.store.peek(key);
        self.settings.store.remove(key, displaced);
        if let Some(entry) = there.as_ref().filter(|entry| self.is_valid(entry) && !entry.stored.is_failure())
        {
            let told = Told { kind: CacheEventKind::Removed, by };
            self.publish(told, displaced.wakes(), || Parts::entry(key.to_cache_key(), &entry.cells));
        }
        there
    }

    /// Ends the freshness of a key, keeps its entry, and returns it if a read would have.
    pub(crate) fn expire(&self, key: KeyRef<'_>, by: By<'_>) -> Option<Arc<Entry>> {
        let now = self.now();
        self.counters.raise(Count::KeyInvalidation);
        let (there, usable) = self.locked(key, |shard, displaced| {
            if !planted(PlantedBug::ExpireDoesNotBump) {
                shard.note_write(key, self.next_seq());
            }
            let there = self.settings.store.peek(key);
            let usable = there.as_ref().is_some_and(|entry| self.is_usable(entry, || now));
            if let Some(entry) = &there {
                entry.end_freshness(now);
                if usable && !entry.stored.is_failure() && entry.tell_expiry_once() {
                    let told = Told { kind: CacheEventKind::Expired, by };
                    self.publish(told, displaced.wakes(), || Parts::entry(key.to_cache_key(), &entry.cells));
                }
            }
            // The entry leaves the lock: it may be evicted now, and this be its last reference.
            (there, usable)
        });
        self.sweep.note_dead();
        there.filter(|_| usable)
    }

    /// Invalidates everything that carries `tag`, in constant time.
    pub(crate) fn invalidate_tag(&self, tag: &str, by: By<'_>) -> Result<(), Error> {
        tag::check_text(tag)?;
        let early = planted(PlantedBug::MarkedBeforeCell);
        if early {
            self.note_marked();
        }
        self.tags.invalidate(tag, self.next_seq());
        if !early {
            self.note_marked();
        }
        self.sweep.note_dead();
        self.counters.raise(Count::TagInvalidation);
        self.tell_all(CacheEventKind::TagInvalidated, by, || Parts::tag(tag));
        Ok(())
    }

    /// Invalidates everything in a namespace, given as the keys begin with it, in constant time.
    pub(crate) fn invalidate_namespace(&self, namespace: &str, by: By<'_>) {
        self.namespaces.invalidate(namespace, self.next_seq());
        self.note_marked();
        self.sweep.note_dead();
        self.counters.raise(Count::NamespaceInvalidation);
        self.tell_all(CacheEventKind::NamespaceInvalidated, by, || Parts::namespace(namespace));
    }

    /// Takes out every key that is `prefix` or continues it with a further segment, and says how many entries went.
    ///
    /// The order matters: loads under way are cut off shard by shard before the store is looked through, so whatever they
    /// stored before that is seen, and whatever they store later is refused.
    pub(crate) fn invalidate_prefix(&self, prefix: &str, by: By<'_>) -> u64 {
        let seq = self.next_seq();
        if !prefix.contains(':') {
            self.namespaces.invalidate(prefix, seq);
            self.note_marked();
        }
        let covers = |key: &str| covers(prefix, key);
        for shard in self.flights.all() {
            shard.lock().note_writes(covers, seq);
        }
        // Kept until all are out: a value whose drop panics must not leave those behind it to be read.
        let mut removed = Vec::new();
        self.settings.store.visit(&mut |key, entry| {
            if covers(key.as_str()) && entry.stamp < seq {
                let owned = key.to_owned();
                if self.reap(owned.as_ref(), entry) {
                    removed.push(Arc::clone(entry));
                }
            }
        });
        self.counters.raise(Count::PrefixInvalidation);
        self.tell_all(CacheEventKind::PrefixInvalidated, by, || Parts::prefix(prefix));
        // A store may hold what left during the visit until it is asked for it.
        let mut displaced = Displaced::default();
        self.settings.store.collect(&mut displaced);
        self.settle(displaced);
        let count = removed.len() as u64;
        drop_each(removed);
        count
    }

    /// Invalidates everything, in constant time.
    pub(crate) fn flush(&self, by: By<'_>) {
        self.flushed.0.fetch_max(self.next_seq(), Ordering::Release);
        self.note_marked();
        self.sweep.note_dead();
        self.counters.raise(Count::Flush);
        self.tell_all(CacheEventKind::Flushed, by, Parts::everything);
    }

    /// Lets readers look at the cells of their entries again. After a cell was raised, and before its caller is told.
    fn note_marked(&self) {
        self.marked.0.fetch_add(1, Ordering::Release);
    }

    /// Takes an entry out that is dead or of no use, unless something else has taken its place. True if it did.
    pub(crate) fn reap(&self, key: KeyRef<'_>, entry: &Arc<Entry>) -> bool {
        self.reap_telling(key, entry, || None)
    }

    /// As `reap`, for an entry whose time has come, of which subscribers are told if they were not yet.
    pub(super) fn reap_ended(&self, key: KeyRef<'_>, entry: &Arc<Entry>) -> bool {
        self.reap_telling(key, entry, || {
            entry.tell_expiry_once().then_some(Told { kind: CacheEventKind::Expired, by: By::Sweep })
        })
    }

    /// As `reap`, for a value that was replaced by one that is not stored.
    pub(crate) fn supersede(&self, key: KeyRef<'_>, entry: &Arc<Entry>) -> bool {
        self.reap_telling(key, entry, || Some(Told { kind: CacheEventKind::Removed, by: By::Caller }))
    }

    fn reap_telling(
        &self,
        key: KeyRef<'_>,
        entry: &Arc<Entry>,
        told: impl FnOnce() -> Option<Told<'static>>,
    ) -> bool {
        self.locked(key, |_, displaced| {
            let Some(there) = self.settings.store.peek(key) else { return false };
            let same = Arc::ptr_eq(&there, entry);
            if same {
                self.settings.store.remove(key, displaced);
                let told = if self.is_valid(entry) && !entry.stored.is_failure() { told() } else { None };
                if let Some(told) = told {
                    self.publish(told, displaced.wakes(), || Parts::entry(key.to_cache_key(), &entry.cells));
                }
            }
            displaced.take(there);
            same
        })
    }

    /// Tells of a change that was made without the lock of a key.
    fn tell_all(&self, kind: CacheEventKind, by: By<'_>, parts: impl FnOnce() -> Parts) {
        self.publish(Told { kind, by }, &mut Wakes::default(), parts);
    }
}

/// Drops all of them, and only then lets a panic of one go on. A second one while the first unwinds would end the process.
fn drop_each(entries: Vec<Arc<Entry>>) {
    let dropped = entries.into_iter().map(|entry| catch_unwind(AssertUnwindSafe(|| drop(entry))));
    // All of them, not only as many as there are before the first panic.
    let panics: Vec<_> = dropped.filter_map(Result::err).collect();
    if let Some(first) = panics.into_iter().next() {
        resume_unwind(first);
    }
}
