//! Stores: what stays when space runs out, and nothing else.
//!
//! Times, tags and fences are the engine's. Two stores come with the crate; both pass
//! `store_suite!` (feature `test-util`), and so should yours.

mod s3_fifo;
mod tiny_lfu;

use std::fmt;
use std::sync::Arc;

use crate::entry::Entry;
use crate::event::Wakes;
use crate::key::{KeyRef, StoreKey};

pub(crate) use s3_fifo::S3FifoStore;
pub(crate) use tiny_lfu::TinyLfuStore;

/// Keeps entries up to a capacity and decides which of them goes.
///
/// The engine makes all writes to one key one after the other; reads come at any time. No method may call back into
/// the cache, and none may drop an entry it displaces: dropping runs code of the user, so displaced entries are
/// handed to the caller through [`Displaced`].
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// The entry of `key`, noted as a use.
    fn get(&self, key: KeyRef<'_>) -> Option<Arc<Entry>>;

    /// The entry of `key`; where the store can tell, not noted as a use.
    fn peek(&self, key: KeyRef<'_>) -> Option<Arc<Entry>>;

    /// Stores an entry and hands out what it displaced; the entry itself is among the evicted if it was not admitted.
    fn insert(&self, key: StoreKey, entry: Arc<Entry>, displaced: &mut Displaced);

    /// Takes the entry of `key` out.
    fn remove(&self, key: KeyRef<'_>, displaced: &mut Displaced);

    /// How many entries there are; may lag behind under load.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sum of the weights of the entries; may lag behind under load.
    fn weight(&self) -> u64;

    /// The most that one entry may weigh to be admitted.
    fn max_entry_weight(&self) -> u64;

    /// Calls `each` with the entries, in any order. No lock may be held meanwhile; entries stored or removed at the
    /// same time may be seen or not.
    fn visit(&self, each: &mut dyn FnMut(KeyRef<'_>, &Arc<Entry>));

    /// Finishes work that the store puts off, if it does, and hands out what that displaced.
    fn collect(&self, displaced: &mut Displaced) {
        let _ = displaced;
    }
}

/// Entries that left a store, held until their owner may drop them.
#[derive(Debug, Default)]
pub struct Displaced {
    taken: smallvec::SmallVec<[Arc<Entry>; 2]>,
    evicted: smallvec::SmallVec<[(StoreKey, Arc<Entry>); 1]>,
    /// Subscribers that learn of what happened under the lock, woken after it as well.
    wakes: Wakes,
}

impl Displaced {
    /// Notes an entry that was replaced or removed.
    pub fn take(&mut self, entry: Arc<Entry>) {
        self.taken.push(entry);
    }

    /// Notes an entry that left for space, and its key.
    pub fn evict(&mut self, key: StoreKey, entry: Arc<Entry>) {
        self.evicted.push((key, entry));
    }

    /// How many entries left for space.
    pub fn evicted(&self) -> u64 {
        self.evicted.len() as u64
    }

    pub(crate) fn wakes(&mut self) -> &mut Wakes {
        &mut self.wakes
    }

    pub(crate) fn evicted_entries(&self) -> &[(StoreKey, Arc<Entry>)] {
        &self.evicted
    }

    pub(crate) fn clear_taken(&mut self) {
        self.taken.clear();
        self.evicted.clear();
    }
}

/// Which entries go when space runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Eviction {
    /// [S3-FIFO](https://s3fifo.com/), in the form of a clock with a ghost list: fastest hits, scan resistant.
    #[default]
    S3Fifo,
    /// [W-TinyLFU](https://arxiv.org/abs/1512.00727): admission by frequency; the better hit ratio on some traces, at
    /// several times the cost of a hit.
    TinyLfu,
}

/// How much a store keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capacity {
    /// In entries, or in bytes when entries weigh what they take.
    pub(crate) weight: u64,
    /// Roughly how many entries that is.
    pub(crate) estimated_entries: usize,
    /// The weight that one entry must be able to have.
    pub(crate) min_entry_weight: u64,
}

pub(crate) fn build(eviction: Eviction, capacity: Capacity) -> Arc<dyn Store> {
    match eviction {
        Eviction::S3Fifo => Arc::new(S3FifoStore::new(capacity)),
        Eviction::TinyLfu => Arc::new(TinyLfuStore::new(capacity)),
    }
}

/// Passes a hash that was computed before on to a table.
#[derive(Debug, Clone, Copy, Default)]
struct PassOn;

impl std::hash::BuildHasher for PassOn {
    type Hasher = PassedOn;

    fn build_hasher(&self) -> PassedOn {
        PassedOn(0)
    }
}

#[derive(Debug)]
struct PassedOn(u64);

impl std::hash::Hasher for PassedOn {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("a key feeds exactly one number to its hasher")
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
