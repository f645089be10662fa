//! What is asked for: the value, its key, and the order in which keys are asked for.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use arrayvec::ArrayString;
use serde::{Deserialize, Serialize};

use crate::number::as_f64;

/// A value of 64 bytes, in memory as encoded. It owns no memory, so that its clone hides nothing of what a hit costs
/// besides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) numbers: [f64; 8],
}

impl Record {
    pub(crate) fn of(id: u64) -> Self {
        Self { numbers: [as_f64(id); 8] }
    }
}

/// A loader that cannot fail says so with this type: the attributes of some peers ask for a `Result`.
pub(crate) type Failure = std::fmt::Error;

thread_local! {
    static LOADS: Cell<u64> = const { Cell::new(0) };
}

/// The trivial loader: the value, and one more load counted on this thread.
pub(crate) fn load(id: u64) -> Record {
    LOADS.set(LOADS.get() + 1);
    Record::of(id)
}

/// How often this thread has loaded.
pub(crate) fn loads() -> u64 {
    LOADS.get()
}

/// How many entries are hit when their memory is to be near the processor.
pub(crate) const FEW: u64 = 1_000;

/// How many are hit when it is to be far.
pub(crate) const MANY: u64 = 100_000;

/// A capacity with room for so many entries and some to spare: caches that are cut into shards evict before they are full.
pub(crate) fn room(entries: u64) -> usize {
    usize::try_from(entries * 3 / 2).expect("entries fit in memory")
}

/// What a record weighs in a cache that is bounded in encoded bytes.
pub(crate) const RECORD_BYTES: usize = 64;

/// The most that caches hold while their misses are measured; each miss beyond it displaces an entry.
pub(crate) const MISS_ROOM: usize = 10_000;

/// A key on the stack.
pub(crate) type Key = ArrayString<48>;

/// The key that `#[cached(name = "users.get", key = "user:{id}")]` writes.
pub(crate) fn key(id: u64) -> Key {
    let mut key = Key::new();
    key.push_str("users.get@0:user:");
    key.push_str(itoa::Buffer::new().format(id));
    key
}

/// Which identifiers a contestant is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ids {
    /// Those below the number, scattered, each as often as any other.
    Stored(u64),
    /// Never the same twice.
    Fresh,
}

impl Ids {
    /// The next `count` of them, in no order that memory or a hash table would favour.
    pub(crate) fn take(self, count: u64) -> Walk {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        static FRESH: AtomicU64 = AtomicU64::new(1_000_000);
        match self {
            // Every thread and every batch begins elsewhere.
            Self::Stored(below) => {
                let at = STARTED.fetch_add(1, Ordering::Relaxed).wrapping_mul(3_571) % below;
                Walk { at, step: 7_919 % below, below }
            }
            Self::Fresh => Walk { at: FRESH.fetch_add(count, Ordering::Relaxed), step: 1, below: u64::MAX },
        }
    }
}

/// Identifiers in the order in which they are asked for, without end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk {
    at: u64,
    step: u64,
    below: u64,
}

impl Walk {
    #[inline]
    pub(crate) fn next(&mut self) -> u64 {
        let id = self.at;
        let next = id + self.step;
        self.at = if next >= self.below { next - self.below } else { next };
        id
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_record_takes_64_bytes() {
        assert_eq!(size_of::<Record>(), RECORD_BYTES);
    }

    #[test]
    fn a_walk_comes_to_every_stored_id_and_to_no_other() {
        for below in [FEW, MANY] {
            let mut walk = Ids::Stored(below).take(below);
            let met: HashSet<_> = (0..below).map(|_| walk.next()).collect();
            assert_eq!(met, (0..below).collect());
        }
    }

    #[test]
    fn fresh_ids_do_not_come_twice() {
        let (mut one, mut other) = (Ids::Fresh.take(3), Ids::Fresh.take(3));
        let met: HashSet<_> = (0..3).flat_map(|_| [one.next(), other.next()]).collect();
        assert_eq!(met.len(), 6);
    }

    #[test]
    fn the_key_on_the_stack_is_the_one_of_the_attribute() {
        assert_eq!(key(42).as_str(), "users.get@0:user:42");
        assert_eq!(key(42).as_str(), crate::contestants::ours::key_of_a_user(42));
        assert!(key(u64::MAX).len() < Key::new().capacity());
    }
}
