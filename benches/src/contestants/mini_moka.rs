//! mini-moka, its shared cache.
//!
//! It finds text keys by a `&String` only, so the key is on the heap. It has no way to load once for many callers, so a
//! miss is a `get` and an `insert`.

use mini_moka::sync::{Cache, ConcurrentCacheExt as _};

use crate::contestant::{Contestant, Entrant, Expected};
use crate::workload::{Ids, MISS_ROOM, Record, key, load, room};

pub(crate) const HIT: &str = "mini-moka `get`";

pub(crate) const HITS: &[Entrant] = &[Entrant { name: HIT, make: hit }];
pub(crate) const MISSES: &[Entrant] = &[Entrant { name: "mini-moka `get`, `insert`", make: miss }];

fn hit(name: &'static str, entries: u64) -> Contestant {
    let cache: Cache<String, Record> = Cache::new(room(entries) as u64);
    for id in 0..entries {
        cache.insert(key(id).to_string(), Record::of(id));
    }
    cache.sync();
    Contestant::awaited(name, Ids::Stored(entries), Expected::Hit, async move |id| {
        cache.get(&key(id).to_string()).expect("it was stored")
    })
}

fn miss(name: &'static str, _: u64) -> Contestant {
    let cache: Cache<String, Record> = Cache::new(MISS_ROOM as u64);
    Contestant::awaited(name, Ids::Fresh, Expected::Load, async move |id| {
        let text = key(id).to_string();
        let found = cache.get(&text);
        found.unwrap_or_else(|| {
            let record = load(id);
            cache.insert(text, record.clone());
            record
        })
    })
}
