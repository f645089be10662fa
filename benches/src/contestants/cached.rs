//! `cached`, its attributes in every form that keeps values in memory.
//!
//! Its fastest form takes the argument itself as the key, without text; the others have the same text as everybody
//! else, so that both comparisons can be made.

use cached::macros::{cached, concurrent_cached};

use crate::contestant::{Contestant, Entrant, Expected, on_this_thread};
use crate::workload::{Failure, Ids, Record, key, load};

pub(crate) const BY_NUMBER: &str = "`cached`: `concurrent_cached`, the number as key";
pub(crate) const BY_TEXT: &str = "`cached`: `concurrent_cached`";
pub(crate) const READ_LOCK: &str = "`cached`: `cached(unsync_reads)`";
pub(crate) const LRU: &str = "`cached`: `concurrent_cached(max_size)`";
const LRU_TTL: &str = "`cached`: `concurrent_cached(max_size, ttl)`";
const TTL: &str = "`cached`: `concurrent_cached(ttl)`";
pub(crate) const BY_KEY: &str = "`cached`: `cached(sync_writes = \"by_key\")`";
const PLAIN: &str = "`cached`: `cached`";

pub(crate) const HITS: &[Entrant] = &[
    Entrant { name: BY_NUMBER, make: |name, entries| hit(name, entries, user_by_number) },
    Entrant { name: BY_TEXT, make: |name, entries| hit(name, entries, user_by_text) },
    Entrant { name: TTL, make: |name, entries| hit(name, entries, user_ttl) },
    Entrant { name: LRU, make: |name, entries| hit(name, entries, user_lru) },
    Entrant { name: LRU_TTL, make: |name, entries| hit(name, entries, user_lru_ttl) },
    Entrant { name: READ_LOCK, make: |name, entries| hit(name, entries, user_read_lock) },
    Entrant { name: PLAIN, make: |name, entries| hit(name, entries, user_plain) },
    Entrant { name: BY_KEY, make: |name, entries| hit(name, entries, user_by_key) },
];

pub(crate) const MISSES: &[Entrant] = &[
    Entrant {
        name: "`cached`: `concurrent_cached(max_size)`, a miss",
        make: |name, _| miss(name, user_lru_miss),
    },
    Entrant {
        name: "`cached`: `cached(max_size, sync_writes = \"by_key\")`, a miss",
        make: |name, _| miss(name, user_by_key_miss),
    },
];

fn hit(
    name: &'static str,
    entries: u64,
    call: impl AsyncFn(u64) -> Result<Record, Failure> + Send + Sync + 'static,
) -> Contestant {
    on_this_thread(async {
        for id in 0..entries {
            call(id).await.expect("the loader does not fail");
        }
    });
    Contestant::awaited(name, Ids::Stored(entries), Expected::Hit, call)
}

fn miss(
    name: &'static str,
    call: impl AsyncFn(u64) -> Result<Record, Failure> + Send + Sync + 'static,
) -> Contestant {
    Contestant::awaited(name, Ids::Fresh, Expected::Load, call)
}

#[concurrent_cached]
async fn user_by_number(id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}

#[concurrent_cached(key = "String", convert = { key(id).to_string() })]
async fn user_by_text(id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}

#[concurrent_cached(ttl_secs = 86_400, key = "String", convert = { key(id).to_string() })]
async fn user_ttl(id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}

#[concurrent_cached(max_size = 150_000, key = "String", convert = { key(id).to_string() })]
async fn user_lru(id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}

#[concurrent_cached(max_size = 150_000, ttl_secs = 86_400, key = "String", convert = { key(id).to_string() })]
async fn user_lru_ttl(id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}

#[cached(unsync_reads = true, key = "String", convert = { key(id).to_string() })]
async fn user_read_lock(id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}

#[cached(key = "String", convert = { key(id).to_string() })]
async fn user_plain(id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}

#[cached(sync_writes = "by_key", key = "String", convert = { key(id).to_string() })]
async fn user_by_key(id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}

#[concurrent_cached(max_size = 10_000, key = "String", convert = { key(id).to_string() })]
async fn user_lru_miss(id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}

#[cached(max_size = 10_000, sync_writes = "by_key", key = "String", convert = { key(id).to_string() })]
async fn user_by_key_miss(id: u64) -> Result<Record, Failure> {
    Ok(load(id))
}
