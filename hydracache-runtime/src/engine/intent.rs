//! Writes of the source whose outcome will be stored.
//!
//! A caller writes the source, and then puts what it wrote. Two callers may do so at the same time, and finish here in
//! another order than the source did. Each therefore says before its write that it is about to; where two of these
//! intents met, or anything else wrote or loaded the key meanwhile, nobody knows here which value is the later one, and
//! the key is taken out instead.

use super::{By, Engine, Moment, Told};
use crate::entry::Entry;
use crate::event::Count;
use crate::key::StoreKey;
use crate::sync::Arc;

/// A write that is under way; must be [closed](Engine::close_intent).
#[derive(Debug)]
pub(crate) struct Intent {
    pub(crate) key: StoreKey,
    pub(crate) moment: Moment,
    epoch: u64,
}

impl Engine {
    /// Notes that the source of `key` is about to be written.
    pub(crate) fn open_intent(&self, key: StoreKey) -> Intent {
        let epoch = self.locked(key.as_ref(), |shard, _| shard.open_intent(&key));
        Intent { moment: self.moment(), key, epoch }
    }

    /// Ends a write: stores its outcome if nothing came between, else takes the key out. True if it was stored.
    pub(crate) fn close_intent(&self, intent: &Intent, outcome: Option<Arc<Entry>>) -> bool {
        let key = intent.key.as_ref();
        self.locked(key, |shard, displaced| {
            let alone = shard.close_intent(key, intent.epoch);
            shard.note_write(key, self.next_seq());
            if let Some(entry) = outcome {
                if alone && self.is_valid(&entry) && !self.is_superseded(key, &entry, displaced) {
                    self.counters.raise(Count::Put);
                    self.store_key(&intent.key, entry, Told::STORED, displaced);
                    return true;
                }
                displaced.take(entry);
            }
            self.counters.raise(Count::KeyInvalidation);
            if let Some(there) = self.take_out(key, By::Caller, displaced) {
                // It may have been evicted just now, and then this is its last reference.
                displaced.take(there);
            }
            false
        })
    }

    /// Ends a write that did not happen.
    pub(crate) fn cancel_intent(&self, intent: &Intent) {
        self.locked(intent.key.as_ref(), |shard, _| shard.close_intent(intent.key.as_ref(), intent.epoch));
    }
}
