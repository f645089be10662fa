//! Invalidating a tag: the time for few and for many entries, and the memory that comes back.

use std::time::Instant;

use hydracache::{CacheOptions, HydraCache};

use crate::allocator::Watch;
use crate::contestant::on_this_thread;
use crate::number::{as_f64, median, nanos, short, whole};
use crate::rounds::Effort;
use crate::table::Section;
use crate::workload::{RECORD_BYTES, Record, key, room};

/// An aim: below a microsecond, in nanoseconds.
const MICROSECOND: f64 = 1_000.0;

/// How much longer the largest tag may take than the smallest and still be called the same: what a miss in the
/// processor's caches costs, more or less.
const SAME: f64 = 2.0;

/// How many entries there are, and how many of them carry one tag.
#[derive(Debug, Clone, Copy)]
struct Size {
    entries: u64,
    carriers: u64,
}

fn sizes(effort: Effort) -> [Size; 3] {
    let entries = if effort.quick { 100_000 } else { 1_000_000 };
    [1, entries / 100, entries].map(|carriers| Size { entries, carriers })
}

/// How many more tags there are, of one entry each, that are invalidated before those whose calls are timed.
const WARM_UP: u64 = 100;

fn warm_up(number: u64) -> String {
    format!("warm-up:{number}")
}

fn tag(size: Size, number: u64) -> String {
    format!("group:{}:{number}", size.carriers)
}

pub(crate) fn measure(effort: Effort) -> Section {
    let mut section = Section::new("Invalidating a tag");
    let sizes = sizes(effort);
    let entries = sizes[0].entries;
    section.note(format!(
        "Among {} entries, each with one tag. The time of one call, clock reads included; the median of the calls.",
        whole(entries)
    ));
    section.table(&[
        "entries that carry the tag",
        "HydraCache, ns",
        "calls",
        "public hydracache, ns",
        "calls",
    ]);
    let mut own = Vec::new();
    for size in sizes {
        let outcome = ours(size, effort);
        let released = public(size);
        section.line(vec![
            whole(size.carriers),
            short(median(outcome.times.clone())),
            outcome.times.len().to_string(),
            short(median(released.clone())),
            released.len().to_string(),
        ]);
        own.push(outcome);
    }
    section.note(
        "Bytes of the heap for each entry: after the fill, and after all tags were invalidated and `sweep` was called. \
         What is left is the table, which keeps its room; the last column is what is left when each entry is removed \
         by its key instead.",
    );
    section.table(&["entries that carry the tag", "filled", "swept", "removed one by one"]);
    for (size, outcome) in sizes.iter().zip(&own) {
        let per_entry = |bytes: i64| short(as_f64(bytes.max(0).cast_unsigned()) / as_f64(entries));
        section.line(vec![
            whole(size.carriers),
            per_entry(outcome.filled),
            per_entry(outcome.swept),
            per_entry(outcome.removed),
        ]);
    }
    for (size, outcome) in sizes.iter().zip(&own) {
        let carriers = whole(size.carriers);
        let time = median(outcome.times.clone());
        section.at_most(format!("a tag of {carriers}: below 1 µs"), MICROSECOND, time, "ns");
        section.holds(
            format!("the memory of entries with tags of {carriers} comes back"),
            format!("{} bytes are left, {} if removed one by one", outcome.swept, outcome.removed),
            outcome.swept <= outcome.removed + outcome.filled / 100,
        );
    }
    let (smallest, largest) = (median(own[0].times.clone()), median(own[2].times.clone()));
    section.at_most(
        "the largest tag: the same time as the smallest, within 2 ×",
        SAME,
        largest / smallest,
        "×",
    );
    section
}

/// What was measured of our cache.
#[derive(Debug)]
struct Outcome {
    /// Of single calls.
    times: Vec<f64>,
    /// Bytes of the heap.
    filled: i64,
    swept: i64,
    removed: i64,
}

fn ours(size: Size, effort: Effort) -> Outcome {
    let tags = size.entries / size.carriers;
    let names: Vec<String> = (0..tags).map(|number| tag(size, number)).collect();
    // A tag of all entries is invalidated once a fill.
    let fills = if tags > 10 || effort.quick { 1 } else { 5 };
    let mut outcome = Outcome { times: Vec::new(), filled: 0, swept: 0, removed: 0 };
    for _ in 0..fills {
        let watch = Watch::start();
        let before = watch.live_bytes();
        let cache = filled(size);
        outcome.filled = watch.live_bytes() - before;
        outcome.times.reserve(names.len());
        let around = watch.live_bytes() - before - outcome.filled;
        // The first calls after a long fill would bring the code back to the processor.
        for number in 0..WARM_UP {
            cache.invalidate_tag(warm_up(number)).local().expect("the tag is short");
        }
        for name in &names {
            let start = Instant::now();
            cache.invalidate_tag(name).local().expect("the tag is short");
            outcome.times.push(nanos(start.elapsed()));
        }
        cache.sweep();
        outcome.swept = watch.live_bytes() - before - around;
        let left = on_this_thread(cache.diagnostics());
        assert_eq!((left.live_entries, left.dead_entries), (0, 0), "every tag was invalidated and swept");
    }
    let watch = Watch::start();
    let before = watch.live_bytes();
    let cache = filled(size);
    for id in 0..size.entries {
        assert!(cache.remove(key(id)).local().expect("the key is short"), "the entry was there");
    }
    for number in 0..WARM_UP {
        cache.remove(warm_up(number)).local().expect("the key is short");
    }
    cache.sweep();
    outcome.removed = watch.live_bytes() - before;
    outcome
}

fn filled(size: Size) -> HydraCache {
    let cache = HydraCache::local().max_capacity(room(size.entries) as u64).build();
    for id in 0..size.entries {
        let options = CacheOptions::new().tag(tag(size, id / size.carriers));
        cache.put(key(id), Record::of(id), options).local().expect("a small value is stored");
    }
    for number in 0..WARM_UP {
        let options = CacheOptions::new().tag(warm_up(number));
        cache.put(warm_up(number), Record::of(number), options).local().expect("a small value is stored");
    }
    cache
}

fn public(size: Size) -> Vec<f64> {
    let cache = public_hydracache::HydraCache::local()
        .max_capacity((room(size.entries) * RECORD_BYTES) as u64)
        .build();
    on_this_thread(async {
        for id in 0..size.entries {
            let options = public_hydracache::CacheOptions::new().tag(tag(size, id / size.carriers));
            cache.put(&key(id), Record::of(id), options).await.expect("a small value is stored");
        }
        let mut times = Vec::new();
        for number in 0..(size.entries / size.carriers).min(20) {
            let name = tag(size, number);
            let start = Instant::now();
            let gone = cache.invalidate_tag(&name).await.expect("there is no bus that could fail");
            times.push(nanos(start.elapsed()));
            assert_eq!(gone, size.carriers, "entries of `{name}`");
        }
        times
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_is_invalidated_and_its_entries_are_swept() {
        let size = Size { entries: 20_000, carriers: 200 };
        // `ours` itself looks that nothing is left. Bytes are not compared: other tests use the heap at the same time.
        assert_eq!(ours(size, Effort::QUICK).times.len(), 100);
        assert_eq!(public(size).len(), 20);
    }
}
