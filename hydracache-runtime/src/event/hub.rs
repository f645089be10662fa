//! Where the events of a cache come together: who is subscribed, which kinds they want, and in which order events
//! happened.

use std::mem;

use super::cache_event::{CacheEvent, Parts};
use super::filter::Filter;
use super::inbox::Inbox;
use super::kind::{CacheEventKind, CacheEventOrigin, Kinds};
use super::subscriber::CacheEvents;
use super::wakes::Wakes;
use crate::sync::{Arc, AtomicU64, Mutex, Ordering};

/// How many events a subscriber may leave unread before it misses some, unless the cache was built with another number.
pub(crate) const DEFAULT_EVENT_CAPACITY: usize = 1_024;

/// The events of one cache. When it goes, subscribers receive what they have not read, and then learn that it is gone.
#[derive(Debug)]
pub(crate) struct EventHub {
    /// The kinds that this cache tells at all.
    allowed: Kinds,
    capacity: usize,
    shared: Arc<Shared>,
}

/// The part that subscribers hold. It keeps nothing of the cache.
#[derive(Debug)]
pub(super) struct Shared {
    wanted: Wanted,
    state: Mutex<State>,
}

/// The kinds that at least one subscriber wants; on a cache line of its own, because publishing writes beside it.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Wanted(AtomicU64);

#[derive(Debug, Default)]
struct State {
    inboxes: Vec<Arc<Inbox>>,
    published: u64,
    missed: u64,
}

impl EventHub {
    /// A hub without subscribers; it takes no memory for events yet. A capacity of 0 is taken for 1.
    pub(crate) fn new(capacity: usize, access_enabled: bool) -> Self {
        Self {
            allowed: if access_enabled { Kinds::ALL } else { Kinds::MUTATIONS },
            capacity: capacity.max(1),
            shared: Arc::new(Shared { wanted: Wanted::default(), state: Mutex::default() }),
        }
    }

    /// Whether an event of this kind would reach anybody; never for an access where those are not enabled.
    ///
    /// A relaxed load is enough: who subscribed before an operation, as far as its thread can know, sees its events.
    #[inline]
    pub(crate) fn wants(&self, kind: CacheEventKind) -> bool {
        self.allowed.contain(kind) && self.shared.wanted().contain(kind)
    }

    /// Tells subscribers of an event, which is built only if one of them wants its kind.
    ///
    /// This may be called under a lock of the engine: it waits for nobody and runs no code but ours, `build` included.
    /// `wakes` must be dropped after that lock. Whatever the event is counted by must have been raised before.
    #[inline]
    pub(crate) fn publish(
        &self,
        kind: CacheEventKind,
        origin: CacheEventOrigin,
        wakes: &mut Wakes,
        build: impl FnOnce() -> Parts,
    ) {
        if self.wants(kind) {
            self.shared.publish(CacheEvent::new(kind, origin, build()), wakes);
        }
    }

    /// Lets somebody receive the events of this cache from now on.
    pub(crate) fn subscribe(&self, filter: Filter) -> CacheEvents {
        let inbox = Arc::new(Inbox::new(filter.limited_to(self.allowed), self.capacity));
        let mut state = self.shared.state.lock();
        state.inboxes.push(Arc::clone(&inbox));
        self.shared.note_wanted(&state);
        drop(state);
        CacheEvents::new(Subscription { shared: Arc::clone(&self.shared), inbox })
    }

    /// How many events were built and put in order, because somebody wanted their kind.
    pub(crate) fn events_published(&self) -> u64 {
        self.shared.state.lock().published
    }

    /// How many events subscribers missed because they were slow, summed over all there ever were.
    pub(crate) fn subscriber_lag(&self) -> u64 {
        self.shared.state.lock().missed
    }
}

impl Drop for EventHub {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        let inboxes = mem::take(&mut state.inboxes);
        self.shared.note_wanted(&state);
        drop(state);
        let mut wakes = Wakes::default();
        for inbox in inboxes {
            inbox.close(&mut wakes);
        }
    }
}

impl Shared {
    #[inline]
    fn wanted(&self) -> Kinds {
        Kinds::from_bits(self.wanted.0.load(Ordering::Relaxed))
    }

    fn note_wanted(&self, state: &State) {
        let wanted =
            state.inboxes.iter().fold(Kinds::NONE, |wanted, inbox| wanted.or(inbox.filter().kinds()));
        self.wanted.0.store(wanted.bits(), Ordering::Relaxed);
    }

    /// Numbers an event and puts it into the inboxes whose filter admits it.
    fn publish(&self, event: CacheEvent, wakes: &mut Wakes) {
        let mut state = self.state.lock();
        // The last who wanted it may have gone since it was built. While this lock is held, nobody else goes.
        if !self.wanted().contain(event.kind()) {
            return;
        }
        state.published += 1;
        let event = event.numbered(state.published);
        let State { inboxes, missed, .. } = &mut *state;
        for inbox in inboxes.iter().filter(|inbox| inbox.filter().admits(&event)) {
            *missed += u64::from(inbox.deliver(&event, wakes));
        }
    }

    /// Takes a subscriber out; what it was sent before can still be read. Of no effect a second time.
    fn end(&self, inbox: &Arc<Inbox>) {
        let mut state = self.state.lock();
        if let Some(at) = state.inboxes.iter().position(|known| Arc::ptr_eq(known, inbox)) {
            state.inboxes.swap_remove(at);
            self.note_wanted(&state);
        }
        drop(state);
        inbox.close(&mut Wakes::default());
    }
}

/// The place of one subscriber in a hub, given up when this is dropped.
#[derive(Debug)]
#[must_use = "nothing is received any more once this is dropped"]
pub(super) struct Subscription {
    shared: Arc<Shared>,
    inbox: Arc<Inbox>,
}

impl Subscription {
    pub(super) fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// The same place for a second holder. It is given up when the first of them goes.
    pub(super) fn share(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), inbox: Arc::clone(&self.inbox) }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.shared.end(&self.inbox);
    }
}
