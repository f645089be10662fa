//! Memory per entry: what the heap gives for so many entries of the same payload.

use foyer_memory::{Cache as Foyer, CacheBuilder, S3FifoConfig};
use hydracache::{CacheOptions, Eviction, HydraCache};
use mini_moka::sync::ConcurrentCacheExt as _;

use crate::allocator::Watch;
use crate::contestant::on_this_thread;
use crate::contestants::store::{Store, entry};
use crate::number::{as_f64, short, whole};
use crate::rounds::Effort;
use crate::table::Section;
use crate::workload::{RECORD_BYTES, Record, key, room};

const ABOVE_QUICK_CACHE: f64 = 150.0;

const SHARED: &str = "HydraCache, one shared tag";
const QUICK_CACHE: &str = "quick_cache";
const MOKA: &str = "moka (future)";
const MINI_MOKA: &str = "mini-moka";

/// Fills a cache with so many entries and returns it, to be dropped when it has been measured, with how many it holds.
type Fill = fn(u64) -> (Box<dyn Send>, u64);

const FILLS: [(&str, Fill); 9] = [
    (SHARED, |entries| ours(entries, Eviction::S3Fifo, |_| CacheOptions::new().tag("all"))),
    ("HydraCache, one tag of its own for each", |entries| {
        ours(entries, Eviction::S3Fifo, |id| CacheOptions::new().tag(format!("user:{id}")))
    }),
    ("HydraCache, one shared tag, TinyLFU", |entries| {
        ours(entries, Eviction::TinyLfu, |_| CacheOptions::new().tag("all"))
    }),
    ("the raw store below us", raw_store),
    (QUICK_CACHE, quick),
    ("foyer (memory, S3-FIFO)", foyer),
    (MOKA, moka),
    (MINI_MOKA, mini_moka),
    ("public hydracache, one shared tag", public),
];

pub(crate) fn measure(effort: Effort) -> Section {
    let entries: u64 = if effort.quick { 100_000 } else { 1_000_000 };
    let mut section = Section::new(format!("Memory per entry at {} entries", whole(entries)));
    section.note(
        "Bytes asked of the heap, tables included, for a 64-byte value under a key of 18 to 23 bytes; in caches with \
         room for half as many entries again, so that nobody evicts.",
    );
    section.table(&["", "bytes an entry", "entries held"]);
    let mut measured = Vec::new();
    for (name, fill) in FILLS {
        let (bytes, held) = of_one(fill, entries);
        measured.push((name, bytes));
        section.line(vec![name.to_owned(), short(bytes), whole(held)]);
    }
    let of = |name: &str| measured.iter().find(|one| one.0 == name).map_or(f64::NAN, |one| one.1);
    let limit = of(QUICK_CACHE) + ABOVE_QUICK_CACHE;
    section.at_most(format!("{SHARED}: quick_cache's + 150 bytes"), limit, of(SHARED), "bytes");
    for peer in [MOKA, MINI_MOKA] {
        section.at_most(format!("{SHARED}: below {peer}'s"), of(peer), of(SHARED), "bytes");
    }
    section
}

/// Bytes an entry, and how many entries there are.
fn of_one(fill: Fill, entries: u64) -> (f64, u64) {
    let watch = Watch::start();
    let before = watch.live_bytes();
    let (cache, held) = fill(entries);
    let bytes = watch.live_bytes() - before;
    drop(cache);
    (as_f64(bytes.max(0).cast_unsigned()) / as_f64(held), held)
}

fn ours(entries: u64, eviction: Eviction, options: fn(u64) -> CacheOptions) -> (Box<dyn Send>, u64) {
    let cache = HydraCache::local().max_capacity(room(entries) as u64).eviction(eviction).build();
    for id in 0..entries {
        cache.put(key(id), Record::of(id), options(id)).local().expect("a small value is stored");
    }
    let held = on_this_thread(cache.diagnostics()).live_entries;
    (Box::new(cache), held)
}

fn raw_store(entries: u64) -> (Box<dyn Send>, u64) {
    let store = Store::new(room(entries));
    for id in 0..entries {
        store.insert(&key(id), entry(Record::of(id)));
    }
    let held = store.len() as u64;
    (Box::new(store), held)
}

fn quick(entries: u64) -> (Box<dyn Send>, u64) {
    let cache: quick_cache::sync::Cache<String, Record> = quick_cache::sync::Cache::new(room(entries));
    for id in 0..entries {
        cache.insert(key(id).to_string(), Record::of(id));
    }
    let held = cache.len() as u64;
    (Box::new(cache), held)
}

fn foyer(entries: u64) -> (Box<dyn Send>, u64) {
    let builder = CacheBuilder::new(room(entries)).with_eviction_config(S3FifoConfig::default());
    let cache: Foyer<String, Record> = builder.build();
    for id in 0..entries {
        cache.insert(key(id).to_string(), Record::of(id));
    }
    let held = cache.entries() as u64;
    (Box::new(cache), held)
}

fn moka(entries: u64) -> (Box<dyn Send>, u64) {
    let cache: moka::future::Cache<String, Record> = moka::future::Cache::new(room(entries) as u64);
    on_this_thread(async {
        for id in 0..entries {
            cache.insert(key(id).to_string(), Record::of(id)).await;
        }
        cache.run_pending_tasks().await;
    });
    let held = cache.entry_count();
    (Box::new(cache), held)
}

fn mini_moka(entries: u64) -> (Box<dyn Send>, u64) {
    let cache: mini_moka::sync::Cache<String, Record> = mini_moka::sync::Cache::new(room(entries) as u64);
    for id in 0..entries {
        cache.insert(key(id).to_string(), Record::of(id));
    }
    cache.sync();
    let held = cache.entry_count();
    (Box::new(cache), held)
}

fn public(entries: u64) -> (Box<dyn Send>, u64) {
    let capacity = (room(entries) * RECORD_BYTES) as u64;
    let cache = public_hydracache::HydraCache::local().max_capacity(capacity).build();
    let held = on_this_thread(async {
        for id in 0..entries {
            let options = public_hydracache::CacheOptions::new().tag("all");
            cache.put(&key(id), Record::of(id), options).await.expect("a small value is stored");
        }
        cache.diagnostics().await.estimated_entries
    });
    (Box::new(cache), held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_holds_all_entries() {
        // Bytes are not compared: other tests use the heap at the same time.
        for (name, fill) in FILLS {
            assert_eq!(of_one(fill, 5_000).1, 5_000, "{name}");
        }
    }
}
