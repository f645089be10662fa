//! Stores that do not come from a flight: what a caller puts, and what a caller read before and fills in.

use super::{Engine, Moment, Told};
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
    moment: Moment,
}

impl Engine {
    /// Stores a value as of now: loads of the key that are under way store nothing any more.
    pub(crate) fn put(&self, key: &StoreKey, entry: Arc<Entry>) {
        self.locked(key.as_ref(), |shard, displaced| {
            shard.note_write(key.as_ref(), self.next_seq());
            self.counters.raise(Count::Put);
            self.store_key(key, entry, Told::STORED, displaced);
        });
    }

    pub(crate) fn fill_token(&self, key: StoreKey) -> FillToken {
        FillToken { engine: self.id, key, moment: self.moment() }
    }

    /// The key of a token that this cache gave out, and when that was.
    pub(crate) fn check_token<'a>(&self, token: &'a FillToken) -> Result<(&'a StoreKey, Moment), Error> {
        if token.engine != self.id {
            return Err(Error::new(
                ErrorKind::ForeignToken,
                format!(
                    "the token for `{}` was taken from another cache than `{}`; take it from the cache that is filled",
                    crate::key::preview(token.key.as_str()),
                    self.settings.name,
                ),
            ));
        }
        let moment = if planted(PlantedBug::FillWithoutToken) { self.moment() } else { token.moment };
        Ok((&token.key, moment))
    }

    /// Stores what was read under a token, unless the key was written or loaded, or what it depends on invalidated.
    ///
    /// Writes are noted per shard, so a write to a neighbour may refuse a fill that was fine.
    pub(crate) fn fill(&self, key: &StoreKey, entry: Arc<Entry>) -> bool {
        self.locked(key.as_ref(), |shard, displaced| {
            let superseded = self.is_superseded(key.as_ref(), &entry, displaced);
            let quiet = shard.last_write <= entry.stamp && !shard.is_loading(key.as_ref());
            let allowed =
                planted(PlantedBug::FillWithoutToken) || (quiet && !superseded && self.is_valid(&entry));
            self.counters.raise(if allowed { Count::Put } else { Count::RefusedFill });
            if allowed {
                self.store_key(key, entry, Told::STORED, displaced);
            } else {
                displaced.take(entry);
            }
            allowed
        })
    }
}
