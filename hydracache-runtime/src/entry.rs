//! One entry: a value, what it depends on, and until when it is fresh.

use once_cell::race::OnceBox;

use crate::clock::Tick;
use crate::policy::{Decision, Pause, Times, Windows, decide};
use crate::sync::{AtomicBool, AtomicU64, Ordering};
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
    weight: u32,
    fresh_until: AtomicU64,
    /// How many invalidations the cache had marked when the cells of this entry were last found to hold; 0 for never.
    verified: AtomicU64,
    /// Apart, because most entries never need it.
    rare: OnceBox<Rare>,
}

/// What an entry needs that ends when it is not used, or was refreshed in the background.
#[derive(Debug, Default)]
struct Rare {
    /// A [`Pause`] in one number: its end, with the lowest bit telling whether a load failed.
    pause: AtomicU64,
    /// For how many nanoseconds it lasts without being used; 0 for any.
    idle: u64,
    last_used: AtomicU64,
    /// Subscribers were told that it has expired.
    told: AtomicBool,
}

/// The parts of an [`Entry`] besides its value.
#[derive(Debug)]
pub(crate) struct EntryParts {
    pub(crate) stamp: u64,
    pub(crate) reading: u64,
    pub(crate) cells: Cells,
    pub(crate) created: Tick,
    pub(crate) fresh_until: Tick,
    pub(crate) idle: u64,
    pub(crate) version: u32,
    pub(crate) weight: u32,
}

impl Entry {
    pub(crate) fn new(stored: Stored, parts: EntryParts, now: Tick) -> Self {
        let rare = OnceBox::new();
        if parts.idle != 0 {
            let last_used = AtomicU64::new(now.max(parts.created).raw());
            let _ = rare.set(Box::new(Rare { idle: parts.idle, last_used, ..Rare::default() }));
        }
        Self {
            stored,
            stamp: parts.stamp,
            reading: parts.reading,
            cells: parts.cells,
            created: parts.created,
            version: parts.version,
            weight: parts.weight,
            fresh_until: AtomicU64::new(parts.fresh_until.raw()),
            verified: AtomicU64::new(0),
            rare,
        }
    }

    /// What the entry weighs against the capacity: 1 in a cache bounded in entries, bytes in one bounded in bytes.
    pub fn weight(&self) -> u32 {
        self.weight
    }

    #[inline]
    fn fresh_until(&self) -> Tick {
        Tick::from_raw(self.fresh_until.load(Ordering::Acquire))
    }

    /// Whether the value is fresh; the clock is asked only if it can end.
    #[inline]
    pub(crate) fn is_fresh(&self, now: impl FnOnce() -> Tick) -> bool {
        let end = self.fresh_until();
        match self.idling() {
            None => end == Tick::NEVER || now() < end,
            Some(rare) => {
                let now = now();
                now < end && !rare.is_idle(now)
            }
        }
    }

    /// Whether the cells were found to hold when that many invalidations had been marked.
    #[inline]
    pub(crate) fn is_verified_at(&self, marked: u64) -> bool {
        self.verified.load(Ordering::Relaxed) == marked
    }

    #[inline]
    pub(crate) fn note_verified(&self, marked: u64) {
        self.verified.store(marked, Ordering::Relaxed);
    }

    /// What says how long it lasts unused, if that is limited.
    #[inline]
    fn idling(&self) -> Option<&Rare> {
        self.rare.get().filter(|rare| rare.idle != 0)
    }

    /// Notes a use, for an entry that ends when it is not used.
    #[inline]
    pub(crate) fn touch(&self, now: impl FnOnce() -> Tick) {
        if let Some(rare) = self.idling() {
            rare.last_used.fetch_max(now().raw(), Ordering::Relaxed);
        }
    }

    /// What a call with these windows does with the entry, if it is valid.
    pub(crate) fn decide(&self, windows: &Windows, now: impl FnOnce() -> Tick) -> Decision {
        if self.fresh_until() == Tick::NEVER && self.idling().is_none() {
            return Decision::Hit;
        }
        let now = now();
        if self.is_idle(now) { Decision::Load } else { decide(self.times(), windows, now) }
    }

    pub(crate) fn times(&self) -> Times {
        Times { created: self.created, fresh_until: self.fresh_until(), pause: self.pause() }
    }

    /// Whether it ended because nobody used it.
    pub(crate) fn is_idle(&self, now: Tick) -> bool {
        self.idling().is_some_and(|rare| rare.is_idle(now))
    }

    /// When it is of no use to anybody any more, as far as is known now, if calls take values that are so much older than
    /// fresh.
    pub(crate) fn end(&self, keep: u64) -> Tick {
        let keep = if self.stored.is_failure() { 0 } else { keep };
        let end = self.fresh_until().plus(keep);
        self.idling().map_or(end, |rare| end.min(rare.idle_from()))
    }

    /// Ends the freshness of the entry, for every reader from now on. Windows after it stay as long as they were.
    pub(crate) fn end_freshness(&self, now: Tick) {
        self.fresh_until.fetch_min(now.raw(), Ordering::AcqRel);
    }

    /// Notes that subscribers were told of its expiry; false if they were before.
    pub(crate) fn tell_expiry_once(&self) -> bool {
        !self.rare.get_or_init(Box::default).told.swap(true, Ordering::AcqRel)
    }

    fn pause(&self) -> Pause {
        let raw = self.rare.get().map_or(0, |rare| rare.pause.load(Ordering::Acquire));
        Pause { until: Tick::from_raw(raw & !1), failed: raw & 1 == 1 }
    }

    /// Takes it upon the caller to refresh the entry; false if somebody else did so less than a pause ago.
    pub(crate) fn claim_refresh(&self, now: Tick, pause: u64) -> bool {
        let until = &self.rare.get_or_init(Box::default).pause;
        let known = until.load(Ordering::Acquire);
        let claimed = now.plus(pause).raw() & !1;
        known & !1 <= now.raw()
            && until.compare_exchange(known, claimed, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Notes that a load of the key failed: for a while nobody tries again who can do without.
    pub(crate) fn note_failure(&self, now: Tick, pause: u64) {
        let until = &self.rare.get_or_init(Box::default).pause;
        until.store(now.plus(pause).raw() | 1, Ordering::Release);
    }
}

impl Rare {
    fn idle_from(&self) -> Tick {
        Tick::from_raw(self.last_used.load(Ordering::Relaxed)).plus(self.idle)
    }

    fn is_idle(&self, now: Tick) -> bool {
        self.idle != 0 && now >= self.idle_from()
    }
}
