//! HydraCache: the attribute, and by hand.

use std::sync::OnceLock;

use hydracache::{CacheOptions, HydraCache, Runtime, cached};

use crate::contestant::{Contestant, Entrant, Expected, on_this_thread};
use crate::workload::{Failure, Ids, MANY, MISS_ROOM, Record, key, load, room};

pub(crate) const ASYNC: &str = "`#[cached]` async, two tags";
pub(crate) const ASYNC_TTL: &str = "`#[cached]` async, two tags, ttl";
pub(crate) const SYNC: &str = "`#[cached]` sync, two tags";
pub(crate) const GET: &str = "HydraCache `get`";
pub(crate) const GET_OR_LOAD: &str = "HydraCache `get_or_load`, two tags";

pub(crate) const HITS: &[Entrant] = &[
    Entrant { name: ASYNC, make: |name, entries| hit(name, entries, user) },
    Entrant { name: ASYNC_TTL, make: |name, entries| hit(name, entries, user_ttl) },
    Entrant { name: SYNC, make: hit_blocking },
    Entrant { name: GET, make: get },
    Entrant { name: GET_OR_LOAD, make: |name, entries| get_or_load(name, entries, Expected::Hit) },
];

pub(crate) const MISS: &str = "`#[cached]` async, two tags, a miss";

pub(crate) const MISSES: &[Entrant] = &[
    Entrant { name: MISS, make: |name, _| miss(name, user_miss) },
    Entrant { name: "`#[cached]` async, two tags, ttl, a miss", make: |name, _| miss(name, user_miss_ttl) },
    Entrant { name: "`#[cached]` async, no tags, a miss", make: |name, _| miss(name, user_miss_untagged) },
    Entrant {
        name: "HydraCache `get_or_load`, two tags, a miss",
        make: |name, _| get_or_load(name, 0, Expected::Load),
    },
];

/// The caches of the annotated functions: one that keeps all that is hit, and a small one for what misses.
pub(crate) fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let build =
            |name: &str, room: usize| HydraCache::local().name(name).max_capacity(room as u64).build();
        let runtime = Runtime::builder()
            .cache(build("hits", room(4 * MANY)))
            .named("misses", build("misses", MISS_ROOM));
        runtime.install().expect("every cache that a function names is there");
    });
}

#[cached(crate = ::hydracache, name = "users.get", key = "user:{id}", tags = ["users", "user:{id}"])]
async fn user(id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}

#[cached(crate = ::hydracache, name = "users.ttl", key = "user:{id}", tags = ["users", "user:{id}"], ttl = "1d")]
async fn user_ttl(id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}

#[cached(crate = ::hydracache, name = "users.syn", key = "user:{id}", tags = ["users", "user:{id}"])]
fn user_blocking(id: u64) -> Record {
    load(id)
}

#[cached(
    crate = ::hydracache, name = "users.new", key = "user:{id}", cache = "misses", tags = ["users", "user:{id}"]
)]
async fn user_miss(id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}

#[cached(
    crate = ::hydracache, name = "users.end", key = "user:{id}", cache = "misses", tags = ["users", "user:{id}"],
    ttl = "1d"
)]
async fn user_miss_ttl(id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}

#[cached(crate = ::hydracache, name = "users.bar", key = "user:{id}", cache = "misses")]
async fn user_miss_untagged(id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}

/// For the test that everybody's keys are alike.
#[cfg(test)]
pub(crate) fn key_of_a_user(id: u64) -> String {
    user::key(id).as_str().to_owned()
}

fn hit(
    name: &'static str,
    entries: u64,
    call: impl AsyncFn(u64) -> Result<Record, Failure> + Send + Sync + 'static,
) -> Contestant {
    install();
    on_this_thread(async {
        for id in 0..entries {
            call(id).await.expect("the loader does not fail");
        }
    });
    Contestant::awaited(name, Ids::Stored(entries), Expected::Hit, call)
}

fn hit_blocking(name: &'static str, entries: u64) -> Contestant {
    install();
    for id in 0..entries {
        user_blocking(id);
    }
    Contestant::blocking(name, Ids::Stored(entries), Expected::Hit, user_blocking)
}

fn miss(
    name: &'static str,
    call: impl AsyncFn(u64) -> Result<Record, Failure> + Send + Sync + 'static,
) -> Contestant {
    install();
    Contestant::awaited(name, Ids::Fresh, Expected::Load, call)
}

fn tagged(id: u64) -> CacheOptions {
    CacheOptions::new().tag("users").tag(format!("user:{id}"))
}

fn filled(entries: u64) -> HydraCache {
    let cache = HydraCache::local().max_capacity(room(entries) as u64).build();
    for id in 0..entries {
        cache.put(key(id), Record::of(id), tagged(id)).local().expect("a small value is stored");
    }
    cache
}

fn get(name: &'static str, entries: u64) -> Contestant {
    let cache = filled(entries);
    Contestant::awaited(name, Ids::Stored(entries), Expected::Hit, async move |id| {
        let found: Option<Record> = cache.get(key(id)).await.expect("it can be read");
        found.expect("it was stored")
    })
}

fn get_or_load(name: &'static str, entries: u64, expected: Expected) -> Contestant {
    let (cache, ids) = match expected {
        Expected::Hit => (filled(entries), Ids::Stored(entries)),
        Expected::Load => (HydraCache::local().max_capacity(MISS_ROOM as u64).build(), Ids::Fresh),
    };
    Contestant::awaited(name, ids, expected, async move |id| {
        let loader = move || async move { Ok::<_, Failure>(load(id)) };
        cache.get_or_load::<Record, _, _, _>(key(id), tagged(id), loader).await.expect("it can be read")
    })
}
