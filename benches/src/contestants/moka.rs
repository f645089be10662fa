//! moka, its async cache.

use moka::future::Cache;

use crate::contestant::{Contestant, Entrant, Expected, on_this_thread};
use crate::workload::{Failure, Ids, MISS_ROOM, Record, key, load, room};

pub(crate) const HIT: &str = "moka (future) `get`";
pub(crate) const MISS: &str = "moka (future) `try_get_with`";

pub(crate) const HITS: &[Entrant] = &[Entrant { name: HIT, make: hit }];
pub(crate) const MISSES: &[Entrant] = &[Entrant { name: MISS, make: miss }];

fn hit(name: &'static str, entries: u64) -> Contestant {
    let cache: Cache<String, Record> = Cache::new(room(entries) as u64);
    on_this_thread(async {
        for id in 0..entries {
            cache.insert(key(id).to_string(), Record::of(id)).await;
        }
        cache.run_pending_tasks().await;
    });
    Contestant::awaited(name, Ids::Stored(entries), Expected::Hit, async move |id| {
        cache.get(key(id).as_str()).await.expect("it was stored")
    })
}

fn miss(name: &'static str, _: u64) -> Contestant {
    let cache: Cache<String, Record> = Cache::new(MISS_ROOM as u64);
    Contestant::awaited(name, Ids::Fresh, Expected::Load, async move |id| {
        cache.try_get_with(key(id).to_string(), async { Ok::<_, Failure>(load(id)) }).await
    })
}
