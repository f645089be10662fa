//! One entry: a value, what it depends on, and until when it is fresh.

use crate::clock::Tick;
use crate::sync::{AtomicU64, Ordering};
use crate::tag::Cells;
use crate::value::Stored;

/// What a [`Store`](crate::Store) keeps for a key. Its inside is the engine's business.
#[derive(Debug)]
pub struct Entry {
    pub(crate) stored: Stored,
    /// The sequence number when its load began: whatever was invalidated later has a higher one.
    pub(crate) stamp: u64,
    /// Which reading of the source it is: what was read later has a higher number, invalidated or not.
    pub(crate) reading: u64,
    pub(crate) cells: Cells,
    pub(crate) created: Tick,
    pub(crate) version: u32,
    fresh_until: AtomicU64,
    weight: u32,
}

/// The parts of an [`Entry`] besides its value.
#[derive(Debug)]
pub(crate) struct EntryParts {
    pub(crate) stamp: u64,
    pub(crate) reading: u64,
    pub(crate) cells: Cells,
    pub(crate) created: Tick,
    pub(crate) fresh_until: Tick,
    pub(crate) version: u32,
    pub(crate) weight: u32,
}

impl Entry {
    pub(crate) fn new(stored: Stored, parts: EntryParts) -> Self {
        Self {
            stored,
            stamp: parts.stamp,
            reading: parts.reading,
            cells: parts.cells,
            created: parts.created,
            version: parts.version,
            fresh_until: AtomicU64::new(parts.fresh_until.raw()),
            weight: parts.weight,
        }
    }

    /// What the entry weighs against the capacity: 1 in a cache bounded in entries, bytes in one bounded in bytes.
    pub fn weight(&self) -> u32 {
        self.weight
    }

    #[inline]
    pub(crate) fn fresh_until(&self) -> Tick {
        Tick::from_raw(self.fresh_until.load(Ordering::Acquire))
    }

    /// Ends the freshness of the entry, for every reader from now on.
    pub(crate) fn end_freshness(&self) {
        self.fresh_until.store(Tick::ALWAYS.raw(), Ordering::Release);
    }
}
