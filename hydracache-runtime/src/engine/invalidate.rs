//! Invalidation. When one of these returns, no later read returns what it invalidated.

use super::Engine;
use crate::entry::Entry;
use crate::error::Error;
use crate::event::Count;
use crate::key::KeyRef;
use crate::planted::{PlantedBug, planted};
use crate::sync::{Arc, Ordering};
use crate::tag;

impl Engine {
    /// Takes a key out and returns its entry if a read would have.
    pub(crate) fn remove(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        let removed = self.locked(key, |shard, displaced| {
            shard.note_write(key, self.next_seq());
            let there = self.settings.store.peek(key);
            self.settings.store.remove(key, displaced);
            there
        });
        self.counters.raise(Count::KeyInvalidation);
        removed.filter(|entry| self.is_usable(entry, || self.now()))
    }

    /// Ends the freshness of a key, keeps its entry, and returns it if a read would have.
    pub(crate) fn expire(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        let now = self.now();
        let (there, usable) = self.locked(key, |shard, _| {
            if !planted(PlantedBug::ExpireDoesNotBump) {
                shard.note_write(key, self.next_seq());
            }
            let there = self.settings.store.peek(key);
            let usable = there.as_ref().is_some_and(|entry| self.is_usable(entry, || now));
            if let Some(entry) = &there {
                entry.end_freshness(now);
            }
            // The entry leaves the lock: it may be evicted now, and this be its last reference.
            (there, usable)
        });
        self.sweep.note_dead();
        self.counters.raise(Count::KeyInvalidation);
        there.filter(|_| usable)
    }

    /// Invalidates everything that carries `tag`, in constant time.
    pub(crate) fn invalidate_tag(&self, tag: &str) -> Result<(), Error> {
        tag::check_text(tag)?;
        self.tags.invalidate(tag, self.next_seq());
        self.sweep.note_dead();
        self.counters.raise(Count::TagInvalidation);
        Ok(())
    }

    /// Invalidates everything in a namespace, in constant time.
    pub(crate) fn invalidate_namespace(&self, namespace: &str) {
        self.namespaces.invalidate(namespace, self.next_seq());
        self.sweep.note_dead();
        self.counters.raise(Count::NamespaceInvalidation);
    }

    /// Takes out every key that is `prefix` or continues it with a further segment, and says how many entries went.
    ///
    /// The order matters: loads under way are cut off shard by shard before the store is looked through, so whatever they
    /// stored before that is seen, and whatever they store later is refused.
    pub(crate) fn invalidate_prefix(&self, prefix: &str) -> u64 {
        let seq = self.next_seq();
        if !prefix.contains(':') {
            self.namespaces.invalidate(prefix, seq);
        }
        let covers = |key: &str| covers(prefix, key);
        for shard in self.flights.all() {
            shard.lock().note_writes(covers, seq);
        }
        let mut removed = 0;
        self.settings.store.visit(&mut |key, entry| {
            if covers(key.as_str()) && entry.stamp < seq {
                let owned = key.to_owned();
                removed += u64::from(self.reap(owned.as_ref(), entry));
            }
        });
        self.counters.raise(Count::PrefixInvalidation);
        removed
    }

    /// Invalidates everything, in constant time.
    pub(crate) fn flush(&self) {
        self.flushed.0.fetch_max(self.next_seq(), Ordering::Release);
        self.sweep.note_dead();
        self.counters.raise(Count::Flush);
    }

    /// Takes an entry out that is dead or of no use, unless something else has taken its place. True if it did.
    pub(crate) fn reap(&self, key: KeyRef<'_>, entry: &Arc<Entry>) -> bool {
        self.locked(key, |_, displaced| {
            let Some(there) = self.settings.store.peek(key) else { return false };
            let same = Arc::ptr_eq(&there, entry);
            if same {
                self.settings.store.remove(key, displaced);
            }
            displaced.take(there);
            same
        })
    }
}

/// Whether a key is the prefix itself or continues it with a further segment.
pub(crate) fn covers(prefix: &str, key: &str) -> bool {
    key.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_covers_whole_segments_only() {
        assert!(covers("user:1", "user:1"));
        assert!(covers("user:1", "user:1:posts"));
        assert!(!covers("user:1", "user:10"));
        assert!(!covers("user:1", "user"));
    }
}
