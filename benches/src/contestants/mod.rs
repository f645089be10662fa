//! Those that are compared, one file each. Everyone is asked for the same keys and returns the same values.
//!
//! By hand, a key is written to the stack and looked up borrowed wherever the cache allows it; values are cloned out.

mod cached;
mod foyer;
mod mini_moka;
mod moka;
pub(crate) mod ours;
pub(crate) mod parts;
pub(crate) mod prepared;
mod public;
mod quick_cache;
pub(crate) mod store;
pub(crate) mod values;

use crate::contestant::Entrant;

/// Hits of a 64-byte value.
pub(crate) fn of_hits() -> Vec<Entrant> {
    [
        parts::HITS,
        store::HITS,
        ours::HITS,
        quick_cache::HITS,
        cached::HITS,
        foyer::HITS,
        moka::HITS,
        mini_moka::HITS,
        public::HITS,
    ]
    .concat()
}

/// Hits that several threads make together: of each contestant the way a program would take.
pub(crate) fn of_hits_on_all_cores() -> Vec<Entrant> {
    let wanted = [
        parts::NO_TTL,
        store::NAME,
        ours::ASYNC,
        ours::ASYNC_TTL,
        ours::GET,
        quick_cache::HIT,
        cached::BY_NUMBER,
        cached::BY_TEXT,
        cached::READ_LOCK,
        cached::LRU,
        cached::BY_KEY,
        foyer::HIT,
        moka::HIT,
        mini_moka::HIT,
        public::GET,
        public::ATTRIBUTE,
    ];
    of_hits().into_iter().filter(|entrant| wanted.contains(&entrant.name)).collect()
}

/// Misses with a trivial loader, in caches that are full.
pub(crate) fn of_misses() -> Vec<Entrant> {
    [
        ours::MISSES,
        quick_cache::MISSES,
        cached::MISSES,
        foyer::MISSES,
        moka::MISSES,
        mini_moka::MISSES,
        public::MISSES,
    ]
    .concat()
}

/// The names of what our attribute is compared with: every form of `cached`.
pub(crate) fn forms_of_cached() -> Vec<&'static str> {
    cached::HITS.iter().map(|entrant| entrant.name).collect()
}

pub(crate) use self::cached::BY_NUMBER as CACHED_BY_NUMBER;
pub(crate) use self::moka::MISS as MOKA_MISS;
pub(crate) use self::public::ATTRIBUTE as PUBLIC_ATTRIBUTE;
pub(crate) use self::quick_cache::MISS as QUICK_CACHE_MISS;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn everyone_hits_what_is_stored() {
        for entrant in of_hits() {
            // `run` panics when a call loads, and a by-hand `get` when it finds nothing.
            entrant.make(500).run(1_000);
        }
    }

    #[test]
    fn everyone_loads_once_for_each_fresh_key() {
        for entrant in of_misses() {
            entrant.make(0).run(15_000);
        }
    }

    #[test]
    fn names_are_different() {
        let names: Vec<_> = of_hits().iter().chain(&of_misses()).map(|entrant| entrant.name).collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        assert_eq!(of_hits_on_all_cores().len(), 16);
    }
}
