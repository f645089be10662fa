//! A store under test, and a ledger of who drops its entries.

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use xxhash_rust::xxh3::xxh3_64;

use crate::clock::Tick;
use crate::entry::{Entry, EntryParts};
use crate::key::KeyRef;
use crate::store::{Displaced, Store};
use crate::tag::Cells;
use crate::value::{Access, Stored};

/// Makes a store of a capacity.
pub type Make<'a> = &'a dyn Fn(u64) -> Arc<dyn Store>;

/// An entry of that weight, which drops its share of `guard` when it is dropped.
pub fn entry(weight: u32, guard: Arc<dyn Any + Send + Sync>) -> Arc<Entry> {
    let parts = EntryParts {
        idle: 0,
        reading: 0,
        stamp: 0,
        cells: Cells::default(),
        created: Tick::ALWAYS,
        fresh_until: Tick::NEVER,
        version: 0,
        weight,
    };
    let stored = Stored::typed(Arc::new(guard), &Access::<Arc<dyn Any + Send + Sync>>::memory_only());
    Arc::new(Entry::new(stored, parts, Tick::ALWAYS))
}

/// A key of that text with a hash of it, as a cache would look it up.
pub fn key(text: &str) -> KeyRef<'_> {
    KeyRef::new(xxh3_64(text.as_bytes()), text)
}

thread_local! {
    /// Whether the suite itself is dropping entries on this thread.
    static MAY_DROP: Cell<bool> = const { Cell::new(false) };
}

/// What happened to the entries of one store.
#[derive(Debug, Default)]
struct Ledger {
    alive: AtomicU64,
    dropped_by_the_store: AtomicU64,
}

/// Sits in an entry and notes when and by whom it is dropped.
struct Witness(Arc<Ledger>);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, Ordering::SeqCst);
        if !MAY_DROP.get() {
            self.0.dropped_by_the_store.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// A store under test.
pub(super) struct Bench {
    pub(super) store: Arc<dyn Store>,
    ledger: Arc<Ledger>,
}

impl Bench {
    pub(super) fn new(make: Make<'_>, capacity: u64) -> Self {
        Self { store: make(capacity), ledger: Arc::default() }
    }

    /// A new entry; the ledger knows it.
    pub(super) fn entry(&self, weight: u32) -> Arc<Entry> {
        self.ledger.alive.fetch_add(1, Ordering::SeqCst);
        entry(weight, Arc::new(Witness(Arc::clone(&self.ledger))))
    }

    /// Inserts a new entry and keeps no share of it.
    pub(super) fn insert(&self, text: &str, weight: u32, displaced: &mut Displaced) -> Weak<Entry> {
        let entry = self.entry(weight);
        let weak = Arc::downgrade(&entry);
        self.store.insert(key(text).to_owned(), entry, displaced);
        weak
    }

    /// Whether `entry` is what the store holds for `text`, for reads that count and for those that do not.
    pub(super) fn holds(&self, text: &str, entry: &Weak<Entry>) -> bool {
        let is_it =
            |found: Option<Arc<Entry>>| found.is_some_and(|found| Arc::as_ptr(&found) == entry.as_ptr());
        let (peeked, got) = (is_it(self.store.peek(key(text))), is_it(self.store.get(key(text))));
        assert_eq!(peeked, got, "`peek` and `get` disagree on `{text}`");
        got
    }

    /// Lets a store that puts work off do it, and takes what it hands out.
    pub(super) fn settle(&self, displaced: &mut Displaced) {
        let _ = self.store.len();
        self.store.collect(displaced);
    }

    /// The keys that `visit` shows.
    pub(super) fn visited(&self) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        self.store.visit(&mut |key, _| {
            assert!(keys.insert(key.as_str().to_owned()), "`{}` was visited twice", key.as_str());
        });
        keys
    }

    /// How many entries exist, wherever they are.
    pub(super) fn alive(&self) -> u64 {
        self.ledger.alive.load(Ordering::SeqCst)
    }

    /// Asserts that the store dropped no entry, then drops the store.
    pub(super) fn finish(self) {
        let dropped = self.ledger.dropped_by_the_store.load(Ordering::SeqCst);
        assert_eq!(dropped, 0, "entries were dropped by the store instead of being handed out");
        let Self { store, ledger } = self;
        release(store);
        let dropped = ledger.dropped_by_the_store.load(Ordering::SeqCst);
        assert_eq!(dropped, 0, "entries were dropped elsewhere than by the owner of the store");
    }
}

/// Drops something that holds entries, as the engine does when it holds no lock.
pub(super) fn release<T>(held: T) {
    MAY_DROP.set(true);
    drop(held);
    MAY_DROP.set(false);
}
