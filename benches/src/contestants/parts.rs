//! What a hit cannot do without, together in one loop and each alone.
//!
//! The key is written to the stack, quick_cache finds what is stored under it and shares it, and the value is cloned.
//! What expires also asks the clock.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use smol_str::SmolStr;

use crate::contestant::{Contestant, Entrant, Expected};
use crate::workload::{Ids, Record, key, room};

pub(crate) const NO_TTL: &str = "the parts in one loop";
pub(crate) const WITH_TTL: &str = "the parts in one loop, with a clock read";

/// The parts alone; the sum of their times is the other way to say what a hit cannot do without.
pub(crate) const ALONE: [&str; 3] = [
    "part: key written to the stack",
    "part: quick_cache `get` of a shared value",
    "part: clone of the value",
];
pub(crate) const CLOCK: &str = "part: `Instant::now`";

pub(crate) const HITS: &[Entrant] = &[
    Entrant { name: NO_TTL, make: without_ttl },
    Entrant { name: WITH_TTL, make: with_ttl },
    Entrant { name: ALONE[0], make: formatting },
    Entrant { name: ALONE[1], make: lookup },
    Entrant { name: ALONE[2], make: clone },
    Entrant { name: CLOCK, make: clock },
];

fn filled<T>(entries: u64, value: impl Fn(u64) -> T) -> Cache<SmolStr, Arc<T>> {
    let cache = Cache::new(room(entries));
    for id in 0..entries {
        cache.insert(key(id).as_str().into(), Arc::new(value(id)));
    }
    cache
}

fn without_ttl(name: &'static str, entries: u64) -> Contestant {
    let cache = filled(entries, Record::of);
    Contestant::awaited(name, Ids::Stored(entries), Expected::Hit, async move |id| {
        let shared = cache.get(key(id).as_str()).expect("it was stored");
        Record::clone(&shared)
    })
}

/// The rest of its life is kept beside the value, and compared with the clock.
fn with_ttl(name: &'static str, entries: u64) -> Contestant {
    let end = Instant::now() + Duration::from_hours(24);
    let cache = filled(entries, |id| (Record::of(id), end));
    Contestant::awaited(name, Ids::Stored(entries), Expected::Hit, async move |id| {
        let shared = cache.get(key(id).as_str()).expect("it was stored");
        assert!(Instant::now() < shared.1, "it has not expired");
        shared.0.clone()
    })
}

fn formatting(name: &'static str, entries: u64) -> Contestant {
    Contestant::blocking(name, Ids::Stored(entries), Expected::Hit, key)
}

fn lookup(name: &'static str, entries: u64) -> Contestant {
    let cache = filled(entries, Record::of);
    let keys: Vec<_> = (0..entries).map(key).collect();
    Contestant::blocking(name, Ids::Stored(entries), Expected::Hit, move |id| {
        let at = usize::try_from(id).expect("there are as many keys as entries");
        cache.get(keys[at].as_str()).expect("it was stored")
    })
}

fn clone(name: &'static str, entries: u64) -> Contestant {
    let values: Vec<_> = (0..entries).map(|id| Arc::new(Record::of(id))).collect();
    Contestant::blocking(name, Ids::Stored(entries), Expected::Hit, move |id| {
        let at = usize::try_from(id).expect("there are as many values as entries");
        Record::clone(black_box(&values[at]))
    })
}

fn clock(name: &'static str, entries: u64) -> Contestant {
    Contestant::blocking(name, Ids::Stored(entries), Expected::Hit, |_| Instant::now())
}
