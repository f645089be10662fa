//! The store with admission by frequency, on mini-moka.
//!
//! mini-moka has no listener, so each value travels in a [`Slot`] whose drop tells that it left. All of mini-moka's
//! work happens on the threads that call it; a slot dropped meanwhile puts its entry on a tray of that thread, and
//! the call that set up the tray hands the entries on. So nothing of the user's is dropped inside mini-moka.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem;

use mini_moka::sync::{Cache, ConcurrentCacheExt};

use super::{Capacity, Displaced, PassOn, Store};
use crate::entry::Entry;
use crate::key::{KeyRef, StoreKey};
use crate::sync::{Arc, AtomicBool, AtomicU64, Mutex, Ordering, thread_local};

pub(crate) struct TinyLfuStore {
    cache: Cache<StoreKey, Arc<Slot>, PassOn>,
    /// Dropped after the cache, of which nothing is to stay behind on this thread.
    #[allow(dead_code, reason = "it acts when it is dropped")]
    tray: ClearedTray,
    capacity: u64,
    /// Held for a write and the work that follows from it. mini-moka loses count of a key that is evicted while two
    /// writes of it wait in its queue, and then keeps room for entries that it does not have; so none ever waits.
    writes: Mutex<()>,
    /// What left while an operation ran that hands nothing out.
    left_on_reads: Mutex<Vec<Left>>,
    left_count: AtomicU64,
}

/// One stored entry, which notes how it leaves.
struct Slot {
    key: StoreKey,
    entry: Option<Arc<Entry>>,
    /// Set before the entry is replaced or removed on request; otherwise it leaves for space.
    dismissed: AtomicBool,
}

struct Left {
    key: StoreKey,
    entry: Arc<Entry>,
    evicted: bool,
}

thread_local! {
    /// The entries of slots that were dropped during the current call into mini-moka.
    static TRAY: RefCell<Vec<Left>> = const { RefCell::new(Vec::new()) };
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            let (key, evicted) = (self.key.clone(), !*self.dismissed.get_mut());
            let left = Left { key, entry, evicted };
            // A thread that is ending has no tray any more; the entry is dropped here then, with no lock held.
            let _ = TRAY.try_with(|tray| tray.borrow_mut().push(left));
        }
    }
}

/// Lets what lies on the tray go, when it is dropped.
struct ClearedTray;

impl Drop for ClearedTray {
    fn drop(&mut self) {
        if let Ok(left) = TRAY.try_with(|tray| mem::take(&mut *tray.borrow_mut())) {
            drop(left);
        }
    }
}

impl TinyLfuStore {
    pub(crate) fn new(capacity: Capacity) -> Self {
        let cache = Cache::builder()
            .max_capacity(capacity.weight)
            .weigher(|_: &StoreKey, slot: &Arc<Slot>| slot.entry.as_ref().map_or(1, |entry| entry.weight()))
            .build_with_hasher(PassOn);
        Self {
            cache,
            tray: ClearedTray,
            capacity: capacity.weight,
            writes: Mutex::default(),
            left_on_reads: Mutex::default(),
            left_count: AtomicU64::new(0),
        }
    }

    /// Runs a call into mini-moka and keeps what it lets go for later.
    fn reading<R>(&self, call: impl FnOnce() -> R) -> R {
        let result = call();
        let left = take_tray();
        if !left.is_empty() {
            self.left_count.fetch_add(left.len() as u64, Ordering::Relaxed);
            self.left_on_reads.lock().extend(left);
        }
        result
    }

    /// Runs a call into mini-moka and hands out what it lets go.
    fn writing(&self, displaced: &mut Displaced, call: impl FnOnce()) {
        {
            let _one_at_a_time = self.writes.lock();
            call();
            self.cache.sync();
        }
        hand_out(take_tray(), displaced);
        self.hand_out_reads(displaced);
    }

    fn hand_out_reads(&self, displaced: &mut Displaced) {
        if self.left_count.load(Ordering::Relaxed) == 0 {
            return;
        }
        let left = mem::take(&mut *self.left_on_reads.lock());
        self.left_count.fetch_sub(left.len() as u64, Ordering::Relaxed);
        hand_out(left, displaced);
    }

    /// Notes that the entry of `key` is about to leave on request. Writes to one key come one after the other.
    fn dismiss(&self, key: KeyRef<'_>) -> bool {
        self.slot_if_there(key).inspect(|slot| slot.dismissed.store(true, Ordering::Relaxed)).is_some()
    }

    /// The slot of `key`. To mini-moka that is a use, so it is asked first whether there is one: else each step of a
    /// miss would be a use of its key, and a key that is asked for once look like one that is used often.
    fn slot_if_there(&self, key: KeyRef<'_>) -> Option<Arc<Slot>> {
        let key = &key as &dyn Keyed;
        if self.cache.contains_key(key) { self.cache.get(key) } else { None }
    }
}

fn take_tray() -> Vec<Left> {
    TRAY.with(|tray| mem::take(&mut *tray.borrow_mut()))
}

fn hand_out(left: Vec<Left>, displaced: &mut Displaced) {
    for Left { key, entry, evicted } in left {
        if evicted {
            displaced.evict(key, entry);
        } else {
            displaced.take(entry);
        }
    }
}

impl fmt::Debug for TinyLfuStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TinyLfuStore").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

impl Store for TinyLfuStore {
    fn get(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.reading(|| self.cache.get(&key as &dyn Keyed).and_then(|slot| slot.entry.clone()))
    }

    /// mini-moka cannot look at an entry without noting a use, but it can say that there is none.
    fn peek(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.reading(|| self.slot_if_there(key).and_then(|slot| slot.entry.clone()))
    }

    fn insert(&self, key: StoreKey, entry: Arc<Entry>, displaced: &mut Displaced) {
        self.writing(displaced, || {
            self.dismiss(key.as_ref());
            let slot = Slot { key: key.clone(), entry: Some(entry), dismissed: AtomicBool::new(false) };
            self.cache.insert(key, Arc::new(slot));
        });
    }

    fn remove(&self, key: KeyRef<'_>, displaced: &mut Displaced) {
        self.writing(displaced, || {
            if self.dismiss(key) {
                self.cache.invalidate(&key as &dyn Keyed);
            }
        });
    }

    fn len(&self) -> usize {
        self.reading(|| self.cache.sync());
        usize::try_from(self.cache.entry_count()).unwrap_or(usize::MAX)
    }

    fn weight(&self) -> u64 {
        self.reading(|| self.cache.sync());
        self.cache.weighted_size()
    }

    fn max_entry_weight(&self) -> u64 {
        self.capacity
    }

    fn visit(&self, each: &mut dyn FnMut(KeyRef<'_>, &Arc<Entry>)) {
        // The iterator holds a lock of the map, so what it finds is noted first and visited afterwards.
        let slots: Vec<Arc<Slot>> =
            self.reading(|| self.cache.iter().map(|found| Arc::clone(found.value())).collect());
        self.reading(|| {
            for slot in slots {
                if let Some(entry) = &slot.entry {
                    each(slot.key.as_ref(), entry);
                }
            }
        });
    }

    fn collect(&self, displaced: &mut Displaced) {
        self.writing(displaced, || {});
    }
}

/// A key, owned or borrowed: what mini-moka looks up is `Arc<StoreKey>`, and only a trait object can be borrowed from it.
trait Keyed {
    fn key(&self) -> KeyRef<'_>;
}

impl Keyed for StoreKey {
    fn key(&self) -> KeyRef<'_> {
        self.as_ref()
    }
}

impl Keyed for KeyRef<'_> {
    fn key(&self) -> KeyRef<'_> {
        *self
    }
}

impl Hash for dyn Keyed + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Hash::hash(&self.key(), state);
    }
}

impl PartialEq for dyn Keyed + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for dyn Keyed + '_ {}

impl<'a> Borrow<dyn Keyed + 'a> for Arc<StoreKey> {
    fn borrow(&self) -> &(dyn Keyed + 'a) {
        &**self
    }
}
