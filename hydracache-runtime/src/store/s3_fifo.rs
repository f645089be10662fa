//! The default store, on quick_cache.

use std::fmt;
use std::sync::Arc;

use quick_cache::sync::Cache;
use quick_cache::{Lifecycle, OptionsBuilder, Weighter};

use super::{Capacity, Displaced, PassOn, Store};
use crate::entry::Entry;
use crate::key::{KeyRef, StoreKey};

/// A byte-bounded cache smaller than this is not cut into shards, so that one entry may take most of it.
const SMALLEST_SHARD_BYTES: u64 = 8 << 20;

/// The share of a shard that one entry may take.
const HOT_SHARE: f64 = 0.97;

pub(crate) struct S3FifoStore {
    cache: Cache<StoreKey, Arc<Entry>, ByWeight, PassOn, HandOut>,
    max_entry_weight: u64,
}

impl S3FifoStore {
    pub(crate) fn new(capacity: Capacity) -> Self {
        let mut options = OptionsBuilder::new();
        options
            .weight_capacity(capacity.weight)
            .estimated_items_capacity(capacity.estimated_entries)
            .hot_allocation(HOT_SHARE);
        if capacity.min_entry_weight > 1 {
            let shard = SMALLEST_SHARD_BYTES
                .max(capacity.min_entry_weight.saturating_add(capacity.min_entry_weight / 16));
            let shards = (capacity.weight / shard).clamp(1, 64);
            // The crate rounds up to a power of two; round down here, so that a shard is never smaller than asked.
            options.shards(1 << shards.ilog2());
        }
        let options = options.build().expect("capacity and estimate are always given");
        let cache = Cache::with_options(options, ByWeight, PassOn, HandOut);
        // A little below the true limit, which the crate rounds in floating point.
        let max_entry_weight = (cache.shard_capacity() - cache.shard_capacity() / 25).max(1);
        Self { cache, max_entry_weight }
    }
}

impl fmt::Debug for S3FifoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3FifoStore").field("capacity", &self.cache.capacity()).finish_non_exhaustive()
    }
}

impl Store for S3FifoStore {
    #[inline]
    fn get(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.cache.get(&key)
    }

    fn peek(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.cache.peek(&key)
    }

    fn insert(&self, key: StoreKey, entry: Arc<Entry>, displaced: &mut Displaced) {
        // The crate hands a replaced value out as if it had been evicted; knowing it tells the two apart.
        let replaced = self.cache.peek(&key.as_ref());
        let mut left = Left::default();
        self.cache.insert_with_lifecycle(key, entry, &mut left);
        for (key, entry) in left.0 {
            if replaced.as_ref().is_some_and(|replaced| Arc::ptr_eq(replaced, &entry)) {
                displaced.take(entry);
            } else {
                displaced.evict(key, entry);
            }
        }
        // Where the crate drops it instead, it does so under its own lock, and this is then the last reference.
        if let Some(replaced) = replaced {
            displaced.take(replaced);
        }
    }

    fn remove(&self, key: KeyRef<'_>, displaced: &mut Displaced) {
        if let Some((_, entry)) = self.cache.remove(&key) {
            displaced.take(entry);
        }
    }

    fn len(&self) -> usize {
        self.cache.len()
    }

    fn weight(&self) -> u64 {
        self.cache.weight()
    }

    fn max_entry_weight(&self) -> u64 {
        self.max_entry_weight
    }

    fn visit(&self, each: &mut dyn FnMut(KeyRef<'_>, &Arc<Entry>)) {
        // The iterator takes a shard's lock for one step at a time.
        for (key, entry) in self.cache.iter() {
            each(key.as_ref(), &entry);
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct ByWeight;

impl Weighter<StoreKey, Arc<Entry>> for ByWeight {
    fn weight(&self, _: &StoreKey, entry: &Arc<Entry>) -> u64 {
        u64::from(entry.weight())
    }
}

/// Collects what leaves during an insertion, to be dropped when no lock is held.
#[derive(Debug, Clone, Copy)]
struct HandOut;

#[derive(Default)]
struct Left(smallvec::SmallVec<[(StoreKey, Arc<Entry>); 2]>);

impl Lifecycle<StoreKey, Arc<Entry>> for HandOut {
    type RequestState = Left;

    fn on_evict(&self, state: &mut Left, key: StoreKey, entry: Arc<Entry>) {
        state.0.push((key, entry));
    }
}
