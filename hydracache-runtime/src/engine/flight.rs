//! Loads under way: who leads, who joins, and what a write to the key means for them.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::OnceLock;

use event_listener::EventListener;
use hashbrown::HashTable;

use super::{Engine, Moment, Told, next_id};
use crate::clock::Tick;
use crate::entry::Entry;
use crate::error::Error;
use crate::key::{KeyRef, StoreKey};
use crate::planted::{PlantedBug, planted};
use crate::store::Displaced;
use crate::sync::{Arc, Event, Mutex, shards};
use crate::tag::Cells;

const SHARDS: usize = shards(128);

/// Loads under way and the latest write of each part of the key space. Locked on misses and writes, never on hits.
#[derive(Debug)]
pub(super) struct FlightTable {
    shards: Box<[Mutex<Shard>]>,
}

#[derive(Debug, Default)]
pub(super) struct Shard {
    /// The sequence number of the latest put, remove or expiry in this shard.
    pub(super) last_write: u64,
    slots: HashTable<Slot>,
}

/// The loads of one key; lives while it has loaders.
#[derive(Debug)]
struct Slot {
    key: StoreKey,
    /// Raised by every write to the key. A load may commit while the epoch it began in stands.
    epoch: u64,
    loaders: u32,
    current: Option<Arc<Flight>>,
    /// Writes of the source that are under way and will store their outcome; they are among the loaders.
    intents: u32,
    /// Two of these met, so none of them knows what the source holds now.
    contested: bool,
}

/// One run of a loader, and those who wait for it.
pub(crate) struct Flight {
    pub(crate) id: u64,
    pub(crate) key: StoreKey,
    /// When it began.
    pub(crate) moment: Moment,
    /// What it depends on so far: its namespace and the tags that were known before the value.
    pub(crate) cells: Cells,
    /// When it is ended by its limit.
    pub(crate) limit: Tick,
    epoch: u64,
    type_id: TypeId,
    outcome: OnceLock<Outcome>,
    landed: Event,
}

/// How a flight ended, for those who waited.
pub(crate) enum Outcome {
    /// With a value; stored or not.
    Value(Arc<Entry>),
    /// With an error, and a copy of it where one can be made.
    Failed(Option<SharedError>),
    /// The cache ended it.
    Refused(Error),
    /// Its leader went away or panicked, or it was about other keys only.
    Gone,
}

/// An error in the form in which it is told to those who waited.
pub(crate) type SharedError = Arc<dyn Any + Send + Sync>;

/// How a caller wants a key loaded.
#[derive(Debug)]
pub(crate) struct Want<'a> {
    pub(crate) type_id: TypeId,
    pub(crate) cells: &'a Cells,
    /// Join only what began at this number or later.
    pub(crate) since: Option<u64>,
    pub(crate) manner: Manner,
    /// An entry that was seen and is of no use.
    pub(crate) rejected: Option<&'a Arc<Entry>>,
    /// A load that was waited for long enough.
    pub(crate) overdue: Option<&'a Arc<Flight>>,
    /// For how many nanoseconds the load may run; 0 for any.
    pub(crate) load_timeout: u64,
}

/// Whether a load is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Join a load under way or take what was stored meanwhile, else lead one that others may join.
    Shared,
    /// Lead a new load that others may join.
    Anew,
    /// Lead a load for oneself.
    Alone,
}

/// What [`Engine::begin`] made of a call.
#[derive(Debug)]
pub(crate) enum Begun {
    /// Somebody stored a value since the caller looked.
    Found(Arc<Entry>),
    /// Somebody is loading.
    Joined(Arc<Flight>),
    /// The caller loads, and must [`land`](Engine::land).
    Leads(Arc<Flight>),
}

impl FlightTable {
    pub(super) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Mutex<Shard>> {
        self.shards.iter()
    }

    pub(super) fn shard(&self, key: KeyRef<'_>) -> &Mutex<Shard> {
        // The table inside uses the lowest and the highest bits of the hash.
        &self.shards[(key.hash() >> 32) as usize % SHARDS]
    }
}

impl Slot {
    fn new(key: StoreKey) -> Self {
        Self { key, epoch: 0, loaders: 0, current: None, intents: 0, contested: false }
    }
}

impl Shard {
    fn slot(&mut self, key: KeyRef<'_>) -> Option<&mut Slot> {
        self.slots.find_mut(key.hash(), |slot| slot.key.as_str() == key.as_str())
    }

    pub(super) fn is_loading(&mut self, key: KeyRef<'_>) -> bool {
        self.slot(key).is_some()
    }

    fn slot_or_new(&mut self, key: &StoreKey) -> &mut Slot {
        let hash = key.as_ref().hash();
        self.slots
            .entry(hash, |slot| slot.key == *key, |slot| slot.key.as_ref().hash())
            .or_insert_with(|| Slot::new(key.clone()))
            .into_mut()
    }

    /// Notes a write to `key`: no load that is under way may commit any more.
    pub(super) fn note_write(&mut self, key: KeyRef<'_>, seq: u64) {
        self.last_write = self.last_write.max(seq);
        if let Some(slot) = self.slot(key) {
            slot.epoch += 1;
        }
    }

    /// Notes that a load of `key` was stored: a write that is under way does not know whether it was read before or after.
    fn note_load(&mut self, key: KeyRef<'_>) {
        if let Some(slot) = self.slot(key).filter(|slot| slot.intents > 0) {
            slot.epoch += 1;
        }
    }

    /// Notes a write to every key that `covers` says yes to.
    pub(super) fn note_writes(&mut self, covers: impl Fn(&str) -> bool, seq: u64) {
        self.last_write = self.last_write.max(seq);
        for slot in self.slots.iter_mut().filter(|slot| covers(slot.key.as_str())) {
            slot.epoch += 1;
        }
    }

    /// Begins a write of the source, and says in which epoch.
    pub(super) fn open_intent(&mut self, key: &StoreKey) -> u64 {
        let slot = self.slot_or_new(key);
        slot.loaders += 1;
        slot.intents += 1;
        slot.contested |= slot.intents > 1;
        slot.epoch
    }

    /// Ends a write of the source, and says whether no other write came between.
    pub(super) fn close_intent(&mut self, key: KeyRef<'_>, epoch: u64) -> bool {
        let mut alone = false;
        self.leave_slot(key, |slot| {
            alone = slot.epoch == epoch && !slot.contested;
            slot.intents -= 1;
            slot.contested &= slot.intents > 0;
        });
        alone
    }

    /// Takes a flight out of its slot and says whether its epoch still stood.
    fn leave(&mut self, flight: &Arc<Flight>) -> bool {
        let mut stood = false;
        self.leave_slot(flight.key.as_ref(), |slot| {
            stood = slot.epoch == flight.epoch;
            if slot.current.as_ref().is_some_and(|current| Arc::ptr_eq(current, flight)) {
                slot.current = None;
            }
        });
        stood
    }

    fn leave_slot(&mut self, key: KeyRef<'_>, leaving: impl FnOnce(&mut Slot)) {
        let found = self.slots.find_entry(key.hash(), |slot| slot.key.as_str() == key.as_str());
        let Ok(mut occupied) = found else {
            debug_assert!(false, "a slot lives while it has loaders");
            return;
        };
        let slot = occupied.get_mut();
        leaving(slot);
        slot.loaders -= 1;
        if slot.loaders == 0 {
            occupied.remove();
        }
    }
}

impl Engine {
    /// Joins a load of `key`, finds that it has just been stored, or begins a load.
    ///
    /// The cells of `want` must have been taken before, so that the stamp noted here is the later one.
    pub(crate) fn begin(&self, key: &StoreKey, want: &Want<'_>) -> Begun {
        let now = self.now();
        let borrowed = key.as_ref();
        self.locked(borrowed, |shard, displaced| {
            if want.manner == Manner::Shared {
                if let Some(flight) = self.joinable(shard, borrowed, want) {
                    return Begun::Joined(flight);
                }
                if let Some(entry) = self.just_stored(borrowed, want, now, displaced) {
                    return Begun::Found(entry);
                }
            }
            let slot = shard.slot_or_new(key);
            slot.loaders += 1;
            let reading = next_id();
            let flight = Arc::new(Flight {
                id: reading,
                key: key.clone(),
                moment: Moment { stamp: self.seq(), reading, at: now },
                cells: want.cells.clone(),
                limit: if want.load_timeout == 0 { Tick::NEVER } else { now.plus(want.load_timeout) },
                epoch: slot.epoch,
                type_id: want.type_id,
                outcome: OnceLock::new(),
                landed: Event::new(),
            });
            if want.manner != Manner::Alone {
                slot.current = Some(Arc::clone(&flight));
            }
            Begun::Leads(flight)
        })
    }

    fn joinable(&self, shard: &mut Shard, key: KeyRef<'_>, want: &Want<'_>) -> Option<Arc<Flight>> {
        let slot = shard.slot(key)?;
        let flight = slot.current.as_ref()?;
        let joinable = flight.epoch == slot.epoch
            && flight.type_id == want.type_id
            && want.since.is_none_or(|since| flight.moment.stamp >= since)
            && want.overdue.is_none_or(|overdue| !Arc::ptr_eq(overdue, flight))
            && self.hold_since(&flight.cells, flight.moment.stamp)
            && want.cells.hold_since(flight.moment.stamp);
        joinable.then(|| Arc::clone(flight))
    }

    /// What a load stored between the caller's look-up and its lock. Commits happen under the same lock.
    fn just_stored(
        &self,
        key: KeyRef<'_>,
        want: &Want<'_>,
        now: Tick,
        displaced: &mut Displaced,
    ) -> Option<Arc<Entry>> {
        let entry = self.settings.store.peek(key)?;
        let rejected = want.rejected.is_some_and(|rejected| Arc::ptr_eq(rejected, &entry));
        if !rejected && self.is_usable(&entry, || now) && want.cells.hold_since(entry.stamp) {
            return Some(entry);
        }
        // It may be evicted at this moment, and then this is its last reference.
        displaced.take(entry);
        None
    }

    /// Ends a flight: stores its entry if nothing overtook it, then tells those who wait. True if it was stored.
    ///
    /// Who waits is told before anything that was displaced is dropped, and whatever the store does: a value whose
    /// drop panics or takes long is no concern of theirs.
    ///
    /// `refreshes` says that it was loaded in the background.
    pub(crate) fn land(
        &self,
        flight: &Arc<Flight>,
        store: Option<Arc<Entry>>,
        outcome: Outcome,
        refreshes: bool,
    ) -> bool {
        let told = if refreshes { Told::REFRESHED } else { Told::STORED };
        let mut displaced = Displaced::default();
        let telling = Telling { flight, outcome: Some(outcome) };
        let stored = self.locked_until(flight.key.as_ref(), &mut displaced, |shard, displaced| {
            let stood = shard.leave(flight) || planted(PlantedBug::NoFence);
            let Some(entry) = store else { return false };
            let key = flight.key.as_ref();
            let superseded = self.is_superseded(key, &entry, displaced) && !planted(PlantedBug::NoFence);
            let store = stood && !superseded && self.is_valid(&entry);
            if store {
                shard.note_load(key);
                self.store_key(&flight.key, entry, told, displaced);
            } else {
                displaced.take(entry);
            }
            store
        });
        drop(telling);
        self.settle(displaced);
        stored
    }
}

/// Tells those who wait for a flight how it ended, when it is dropped. Nobody can join by then: the slot forgets its
/// flight first, under its lock.
struct Telling<'a> {
    flight: &'a Flight,
    outcome: Option<Outcome>,
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        if let Some(outcome) = self.outcome.take() {
            let _ = self.flight.outcome.set(outcome);
        }
        self.flight.landed.notify(usize::MAX);
    }
}

impl Flight {
    /// How it ended, or a way to wait for it.
    pub(crate) fn outcome_or_wait(&self) -> Result<&Outcome, EventListener> {
        if let Some(outcome) = self.outcome.get() {
            return Ok(outcome);
        }
        let listener = self.landed.listen();
        // It may have landed between the two steps, and then nobody would wake the listener.
        self.outcome.get().ok_or(listener)
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight")
            .field("key", &self.key.as_str())
            .field("moment", &self.moment)
            .field("landed", &self.outcome.get().is_some())
            .finish_non_exhaustive()
    }
}
