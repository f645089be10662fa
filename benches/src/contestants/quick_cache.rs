//! quick_cache as a program uses it: text keys, values inside.

use quick_cache::sync::Cache;

use crate::contestant::{Contestant, Entrant, Expected};
use crate::workload::{Failure, Ids, MISS_ROOM, Record, key, load, room};

pub(crate) const HIT: &str = "quick_cache `get`";
pub(crate) const MISS: &str = "quick_cache `get_or_insert_async`";

pub(crate) const HITS: &[Entrant] = &[Entrant { name: HIT, make: hit }];
pub(crate) const MISSES: &[Entrant] = &[Entrant { name: MISS, make: miss }];

fn hit(name: &'static str, entries: u64) -> Contestant {
    let cache: Cache<String, Record> = Cache::new(room(entries));
    for id in 0..entries {
        cache.insert(key(id).to_string(), Record::of(id));
    }
    Contestant::awaited(name, Ids::Stored(entries), Expected::Hit, async move |id| {
        cache.get(key(id).as_str()).expect("it was stored")
    })
}

fn miss(name: &'static str, _: u64) -> Contestant {
    let cache: Cache<String, Record> = Cache::new(MISS_ROOM);
    Contestant::awaited(name, Ids::Fresh, Expected::Load, async move |id| {
        cache.get_or_insert_async(key(id).as_str(), async { Ok::<_, Failure>(load(id)) }).await
    })
}
