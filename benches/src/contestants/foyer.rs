//! foyer, its cache in memory, with S3-FIFO.

use foyer_memory::{Cache, CacheBuilder, S3FifoConfig};

use crate::contestant::{Contestant, Entrant, Expected};
use crate::workload::{Failure, Ids, MISS_ROOM, Record, key, load, room};

pub(crate) const HIT: &str = "foyer (memory, S3-FIFO) `get`";

pub(crate) const HITS: &[Entrant] = &[Entrant { name: HIT, make: hit }];
pub(crate) const MISSES: &[Entrant] =
    &[Entrant { name: "foyer (memory, S3-FIFO) `get_or_fetch`", make: miss }];

type Entries = Cache<String, Record>;

fn build(room: usize) -> Entries {
    CacheBuilder::new(room).with_eviction_config(S3FifoConfig::default()).build()
}

fn hit(name: &'static str, entries: u64) -> Contestant {
    let cache = build(room(entries));
    for id in 0..entries {
        cache.insert(key(id).to_string(), Record::of(id));
    }
    Contestant::awaited(name, Ids::Stored(entries), Expected::Hit, async move |id| {
        cache.get(key(id).as_str()).expect("it was stored").value().clone()
    })
}

fn miss(name: &'static str, _: u64) -> Contestant {
    let cache = build(MISS_ROOM);
    Contestant::awaited(name, Ids::Fresh, Expected::Load, async move |id| {
        let loaded = cache.get_or_fetch(key(id).as_str(), || async move { Ok::<_, Failure>(load(id)) });
        loaded.await.expect("the loader does not fail").value().clone()
    })
}
