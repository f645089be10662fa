//! The engine of one cache: look-ups, the commit fence, invalidation.
//!
//! Every cache has one clock of sequence numbers. Whatever invalidates takes the next number; whatever loads notes
//! the current one as its stamp before it reads its source. An entry is valid while nothing it depends on has a
//! number above its stamp. Per-key writes meet loads in the flight table instead: they raise the epoch of a key
//! that is being loaded, and a commit whose epoch has passed stores nothing.

mod announce;
mod chain;
mod commit;
mod flight;
mod intent;
mod invalidate;
mod link;
mod plan;
mod report;
mod settle;
mod sweep;

use std::fmt;
use std::hash::BuildHasher;
use std::sync::OnceLock;
use std::time::Duration;

use crate::clock::{Clock, Tick};
use crate::codec::CacheCodec;
use crate::entry::Entry;
use crate::error::Error;
use crate::event::{CacheEventKind, CacheEventOrigin, Count, Counters, EventHub, Parts};
use crate::key::{KeyRef, check_key};
use crate::policy::{Decision, Windows, may_rescue};
use crate::store::Store;
use crate::sync::{Arc, AtomicU64, Ordering, PlainMutex, StaticU64};
use crate::tag::{Cells, TagCell, TagTable};
use crate::timer::Sleep;

pub(crate) use chain::{Edge, enter};
pub use commit::FillToken;
use flight::FlightTable;
pub(crate) use flight::{Begun, Flight, Manner, Outcome, SharedError, Want};
pub(crate) use intent::Intent;
pub(crate) use plan::{Plan, Terms, check_idle, check_jitter, check_ttl};

/// The settings of a cache, checked by its builder.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) default_ttl: Option<Duration>,
    pub(crate) time_to_idle: Option<Duration>,
    pub(crate) jitter: u8,
    /// Entries weigh what they take, not 1.
    pub(crate) in_bytes: bool,
    pub(crate) capacity: u64,
    pub(crate) max_entry_bytes: Option<u64>,
    pub(crate) event_capacity: usize,
    pub(crate) access_events: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) codec: Arc<dyn CacheCodec>,
    pub(crate) store: Arc<dyn Store>,
}

/// A number on a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Alone(AtomicU64);

/// One cache.
pub(crate) struct Engine {
    id: u64,
    settings: Settings,
    hasher: foldhash::quality::RandomState,
    seq: Alone,
    /// The number of the latest flush.
    flushed: Alone,
    /// How many invalidations of a tag, a namespace or everything have raised their cells, and one more.
    marked: Alone,
    tags: TagTable,
    namespaces: TagTable,
    flights: FlightTable,
    counters: Counters,
    events: EventHub,
    /// Counters of the functions that use this cache; their sum is part of the cache's own numbers.
    functions: PlainMutex<Vec<Arc<Counters>>>,
    sweep: sweep::State,
    /// The longest time after their freshness for which calls have taken values, in nanoseconds.
    longest_window: Alone,
    /// Set once, before anybody has the cache, if it has a bus.
    link: OnceLock<link::Link>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// By whom something is changed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum By<'a> {
    /// A caller in this process.
    Caller,
    /// A load in the background.
    Refresh,
    /// The sweeper.
    Sweep,
    /// Another cache, by the name of its node.
    Node(&'a str),
    /// The bus, of which something was missed.
    Bus,
}

impl By<'_> {
    fn origin(self) -> CacheEventOrigin {
        match self {
            Self::Caller => CacheEventOrigin::Local,
            Self::Refresh => CacheEventOrigin::Refresh,
            Self::Sweep => CacheEventOrigin::Sweep,
            Self::Node(_) | Self::Bus => CacheEventOrigin::DistributedBus,
        }
    }

    fn sign(self, parts: Parts) -> Parts {
        match self {
            Self::Node(name) => parts.published_by(name),
            _ => parts,
        }
    }
}

/// What subscribers are told of a change.
#[derive(Debug, Clone, Copy)]
struct Told<'a> {
    kind: CacheEventKind,
    by: By<'a>,
}

impl Told<'_> {
    const STORED: Self = Self { kind: CacheEventKind::Stored, by: By::Caller };
    const REFRESHED: Self = Self { kind: CacheEventKind::Refreshed, by: By::Refresh };
}

/// When a source was read: on the clock of invalidations, among all readings, and in time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) stamp: u64,
    pub(crate) reading: u64,
    pub(crate) at: Tick,
}

impl Engine {
    pub(crate) fn start(settings: Settings) -> Arc<Self> {
        let events = EventHub::new(settings.event_capacity, settings.access_events);
        let engine = Arc::new(Self {
            id: next_id(),
            settings,
            hasher: foldhash::quality::RandomState::default(),
            seq: Alone::default(),
            flushed: Alone::default(),
            marked: Alone(AtomicU64::new(1)),
            tags: TagTable::new(),
            namespaces: TagTable::new(),
            flights: FlightTable::new(),
            counters: Counters::default(),
            events,
            functions: PlainMutex::default(),
            sweep: sweep::State::default(),
            longest_window: Alone::default(),
            link: OnceLock::new(),
        });
        sweep::watch(&engine);
        engine
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn codec(&self) -> &dyn CacheCodec {
        &*self.settings.codec
    }

    /// Counts something that a function did, or that was done by hand.
    #[inline]
    pub(crate) fn count(&self, function: Option<&Arc<Counters>>, count: Count) {
        match function {
            None => self.counters.raise(count),
            Some(function) => {
                function.raise(count);
                if !function.is_part_of_a_cache() {
                    self.counters.raise(count);
                }
            }
        }
    }

    pub(crate) fn count_by(&self, count: Count, by: u64) {
        self.counters.raise_by(count, by);
    }

    pub(crate) fn now(&self) -> Tick {
        Tick::of(&*self.settings.clock)
    }

    /// The latest sequence number: everything invalidated before this call has at most this one.
    #[inline]
    pub(crate) fn seq(&self) -> u64 {
        self.seq.0.load(Ordering::Acquire)
    }

    /// The present, to be noted before a source is read and after the cells of what it is stored with are taken.
    pub(crate) fn moment(&self) -> Moment {
        Moment { stamp: self.seq(), reading: next_id(), at: self.now() }
    }

    fn next_seq(&self) -> u64 {
        self.seq.0.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// A key with its hash.
    #[inline]
    pub(crate) fn key<'a>(&self, text: &'a str) -> KeyRef<'a> {
        KeyRef::new(self.hasher.hash_one(text), text)
    }

    /// A key with its hash, if it is not too long.
    #[inline]
    pub(crate) fn checked_key<'a>(&self, text: &'a str) -> Result<KeyRef<'a>, Error> {
        check_key(text)?;
        Ok(self.key(text))
    }

    pub(crate) fn namespace_cell(&self, namespace: &str) -> Arc<TagCell> {
        self.namespaces.take(namespace)
    }

    /// Whether nothing an entry with these cells depends on was invalidated after `stamp`.
    #[inline]
    pub(crate) fn hold_since(&self, cells: &Cells, stamp: u64) -> bool {
        self.flushed.0.load(Ordering::Acquire) <= stamp && cells.hold_since(stamp)
    }

    /// Whether nothing the entry depends on was invalidated since its load began.
    ///
    /// The cells are looked at only if something was invalidated since they were last looked at. The count is raised after
    /// a cell is, and loaded before the cells are: whoever finds it unchanged would find the cells as they were found then.
    #[inline]
    pub(crate) fn is_valid(&self, entry: &Entry) -> bool {
        let marked = self.marked.0.load(Ordering::Acquire);
        if entry.is_verified_at(marked) {
            return true;
        }
        let holds = self.hold_since(&entry.cells, entry.stamp);
        if holds {
            entry.note_verified(marked);
        }
        holds
    }

    /// Whether a read may return the entry.
    #[inline]
    fn is_usable(&self, entry: &Entry, now: impl FnOnce() -> Tick) -> bool {
        self.is_valid(entry) && entry.is_fresh(now)
    }

    /// Whether the entry can still be of use to somebody.
    fn is_kept(&self, entry: &Entry, now: Tick) -> bool {
        self.is_valid(entry) && now < self.kept_until(entry)
    }

    /// Until when the entry can be of use: calls say for themselves how old a value they take, so it is kept as long as
    /// the one that takes the oldest might want it.
    pub(crate) fn kept_until(&self, entry: &Entry) -> Tick {
        entry.end(self.longest_window.0.load(Ordering::Relaxed))
    }

    /// The entry of `key`, if a read may return it. Noted as a use.
    #[inline]
    pub(crate) fn look(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        let entry = self.settings.store.get(key)?;
        if !self.is_usable(&entry, || self.now()) {
            return None;
        }
        entry.touch(|| self.now());
        Some(entry)
    }

    /// The entry of `key`, if a read may return it. Where the store can tell, not noted as a use.
    pub(crate) fn glance(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.settings.store.peek(key).filter(|entry| self.is_usable(entry, || self.now()))
    }

    /// The entry of `key` and what a call with these windows does with it, unless it loads. Noted as a use.
    pub(crate) fn consult(&self, key: KeyRef<'_>, windows: &Windows) -> Option<(Arc<Entry>, Decision)> {
        if windows.keep() > self.longest_window.0.load(Ordering::Relaxed) {
            self.longest_window.0.fetch_max(windows.keep(), Ordering::Relaxed);
        }
        let entry = self.settings.store.get(key)?;
        if !self.is_valid(&entry) {
            return None;
        }
        let decision = entry.decide(windows, || self.now());
        // An error is remembered as long as it was said, and not handed out beyond that.
        if decision == Decision::Load || (decision != Decision::Hit && entry.stored.is_failure()) {
            return None;
        }
        entry.touch(|| self.now());
        Some((entry, decision))
    }

    /// The entry of `key`, if a call with these windows may hand it out when its load gives nothing.
    pub(crate) fn rescue(&self, key: KeyRef<'_>, windows: &Windows) -> Option<Arc<Entry>> {
        let now = self.now();
        self.held(key).filter(|entry| !entry.is_idle(now) && may_rescue(entry.times(), windows, now))
    }

    /// The value that the store holds for `key`, however old, unless it was invalidated.
    pub(crate) fn held(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.settings.store.peek(key).filter(|entry| self.is_valid(entry) && !entry.stored.is_failure())
    }

    /// Waits until the cache's clock shows `tick`.
    pub(crate) fn sleep_until(&self, tick: Tick) -> Sleep {
        Sleep::until(Arc::clone(&self.settings.clock), tick)
    }
}

/// A number that nothing else in this process has.
fn next_id() -> u64 {
    static NEXT: StaticU64 = StaticU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
