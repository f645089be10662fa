//! The released crate `hydracache`: by hand and its attribute, with two tags. Its capacity is in encoded bytes.

use public_hydracache::{CacheOptions, HydraCache, cacheable};

use crate::contestant::{Contestant, Entrant, Expected, on_this_thread};
use crate::workload::{Failure, Ids, MISS_ROOM, RECORD_BYTES, Record, key, load, room};

pub(crate) const GET: &str = "public hydracache `get`";
pub(crate) const ATTRIBUTE: &str = "public hydracache `#[cacheable]`, two tags";

pub(crate) const HITS: &[Entrant] = &[
    Entrant { name: GET, make: get },
    Entrant { name: "public hydracache `get_or_load`, two tags", make: get_or_load },
    Entrant { name: ATTRIBUTE, make: |name, entries| attribute(name, entries, Expected::Hit) },
];

pub(crate) const MISSES: &[Entrant] = &[Entrant {
    name: "public hydracache `#[cacheable]`, two tags, a miss",
    make: |name, _| attribute(name, 0, Expected::Load),
}];

#[cacheable(cache = cache, key_segments = ["users.get@0", "user", id], tag_segments = [["users"], ["user", id]])]
async fn user(cache: &HydraCache, id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}

fn tagged(id: u64) -> CacheOptions {
    CacheOptions::new().tag("users").tag(format!("user:{id}"))
}

fn build(room: usize) -> HydraCache {
    HydraCache::local().max_capacity((room * RECORD_BYTES) as u64).build()
}

fn filled(entries: u64) -> HydraCache {
    let cache = build(room(entries));
    on_this_thread(async {
        for id in 0..entries {
            let stored = cache.put(&key(id), Record::of(id), tagged(id)).await;
            stored.expect("a small value is stored");
        }
    });
    cache
}

fn get(name: &'static str, entries: u64) -> Contestant {
    let cache = filled(entries);
    Contestant::awaited(name, Ids::Stored(entries), Expected::Hit, async move |id| {
        let found: Option<Record> = cache.get(&key(id)).await.expect("it can be read");
        found.expect("it was stored")
    })
}

fn get_or_load(name: &'static str, entries: u64) -> Contestant {
    let cache = filled(entries);
    Contestant::awaited(name, Ids::Stored(entries), Expected::Hit, async move |id| {
        let loader = move || async move { Ok::<_, Failure>(load(id)) };
        cache.get_or_load::<Record, _, _, _>(&key(id), tagged(id), loader).await.expect("it can be read")
    })
}

fn attribute(name: &'static str, entries: u64, expected: Expected) -> Contestant {
    let (cache, ids) = match expected {
        Expected::Hit => (build(room(entries)), Ids::Stored(entries)),
        Expected::Load => (build(MISS_ROOM), Ids::Fresh),
    };
    if expected == Expected::Hit {
        on_this_thread(async {
            for id in 0..entries {
                user(&cache, id).await.expect("the loader does not fail");
            }
        });
    }
    Contestant::awaited(name, ids, expected, async move |id| user(&cache, id).await)
}
