//! Stores that do not come from a flight: what a caller puts, and what a caller read before and fills in.

use super::Engine;
use crate::clock::Tick;
use crate::entry::Entry;
use crate::error::{Error, ErrorKind};
use crate::event::Count;
use crate::key::StoreKey;
use crate::planted::{PlantedBug, planted};
use crate::sync::Arc;

/// Proof of when a source was read, so that what was read can be stored later without overtaking an invalidation.
///
/// Take it with [`HydraCache::fill_token`](crate::HydraCache::fill_token) **before** reading the source.
#[derive(Debug, Clone)]
#[must_use = "a token is taken before its source is read, and then filled"]
pub struct FillToken {
    engine: u64,
    key: StoreKey,
    stamp: u64,
    taken: Tick,
}

impl Engine {
    /// Stores a value as of now: loads of the key that are under way store nothing any more.
    pub(crate) fn put(&self, key: &StoreKey, entry: Arc<Entry>) {
        self.locked(key.as_ref(), |shard, displaced| {
            shard.note_write(key.as_ref(), self.next_seq());
            self.store_key(key, entry, displaced);
        });
        self.counters.raise(Count::Put);
    }

    pub(crate) fn fill_token(&self, key: StoreKey) -> FillToken {
        FillToken { engine: self.id, key, stamp: self.seq(), taken: self.now() }
    }

    /// The key of a token that this cache gave out, and when that was.
    pub(crate) fn check_token<'a>(&self, token: &'a FillToken) -> Result<(&'a StoreKey, u64, Tick), Error> {
        if token.engine != self.id {
            return Err(Error::new(
                ErrorKind::ForeignToken,
                format!("the token for `{}` was taken from another cache", token.key.as_str()),
            ));
        }
        let stamp = if planted(PlantedBug::FillWithoutToken) { self.seq() } else { token.stamp };
        Ok((&token.key, stamp, token.taken))
    }

    /// Stores what was read under a token, unless the key was written or loaded, or what it depends on invalidated.
    ///
    /// Writes are noted per shard, so a write to a neighbour may refuse a fill that was fine.
    pub(crate) fn fill(&self, key: &StoreKey, entry: Arc<Entry>) -> bool {
        let stored = self.locked(key.as_ref(), |shard, displaced| {
            let newer = self.settings.store.peek(key.as_ref()).is_some_and(|there| {
                let newer = there.stamp > entry.stamp && self.is_valid(&there);
                displaced.take(there);
                newer
            });
            let quiet = shard.last_write <= entry.stamp && !shard.is_loading(key.as_ref());
            let allowed = planted(PlantedBug::FillWithoutToken) || (quiet && !newer && self.is_valid(&entry));
            if allowed {
                self.store_key(key, entry, displaced);
            } else {
                displaced.take(entry);
            }
            allowed
        });
        self.counters.raise(if stored { Count::Put } else { Count::RefusedFill });
        stored
    }
}
