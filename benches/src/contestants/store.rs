//! The raw store below us: quick_cache, used as our S3-FIFO store uses it, with entries of the same shape.
//!
//! The key carries a hash that was made outside, the entry is shared, and the value inside is shared and of any type.

use std::any::Any;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use equivalent::Equivalent;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, UnitWeighter};
use smol_str::SmolStr;

use crate::contestant::{Contestant, Entrant, Expected};
use crate::workload::{Ids, Record, key, room};

pub(crate) const NAME: &str = "the raw store below us";

pub(crate) const HITS: &[Entrant] = &[Entrant { name: NAME, make: hit }];

/// A value with the bookkeeping that an entry of ours has beside it.
#[derive(Debug)]
pub(crate) struct Entry {
    value: Arc<dyn Any + Send + Sync>,
    _bookkeeping: [u64; 16],
}

/// A key with its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreKey {
    hash: u64,
    text: SmolStr,
}

#[derive(Debug, Clone, Copy)]
struct KeyRef<'a> {
    hash: u64,
    text: &'a str,
}

impl Hash for StoreKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Equivalent<StoreKey> for KeyRef<'_> {
    fn equivalent(&self, key: &StoreKey) -> bool {
        self.hash == key.hash && self.text == key.text
    }
}

/// Passes on the hash that a key carries.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PassOn(u64);

impl BuildHasher for PassOn {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        *self
    }
}

impl Hasher for PassOn {
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

type Inner<K, V> = Cache<K, V, UnitWeighter, PassOn, DefaultLifecycle<K, V>>;

/// The store with the settings that ours gives to quick_cache.
pub(crate) struct Store<V> {
    cache: Inner<StoreKey, V>,
    hasher: foldhash::quality::RandomState,
}

impl<V: Clone> Store<V> {
    pub(crate) fn new(room: usize) -> Self {
        let mut options = OptionsBuilder::new();
        options.weight_capacity(room as u64).estimated_items_capacity(room).hot_allocation(0.97);
        let options = options.build().expect("capacity and estimate are given");
        let cache =
            Cache::with_options(options, UnitWeighter, PassOn::default(), DefaultLifecycle::default());
        Self { cache, hasher: foldhash::quality::RandomState::default() }
    }

    pub(crate) fn get(&self, text: &str) -> Option<V> {
        self.cache.get(&KeyRef { hash: self.hasher.hash_one(text), text })
    }

    pub(crate) fn insert(&self, text: &str, value: V) {
        self.cache.insert(StoreKey { hash: self.hasher.hash_one(text), text: text.into() }, value);
    }

    pub(crate) fn len(&self) -> usize {
        self.cache.len()
    }
}

/// An entry of our shape around a value.
pub(crate) fn entry(value: Record) -> Arc<Entry> {
    Arc::new(Entry { value: Arc::new(value), _bookkeeping: [0; 16] })
}

fn hit(name: &'static str, entries: u64) -> Contestant {
    let store = Store::new(room(entries));
    for id in 0..entries {
        store.insert(&key(id), entry(Record::of(id)));
    }
    Contestant::awaited(name, Ids::Stored(entries), Expected::Hit, async move |id| {
        let entry = store.get(&key(id)).expect("it was stored");
        entry.value.downcast_ref::<Record>().expect("only records are stored").clone()
    })
}
