//! Hit ratio on real traces at several capacities, ours over both stores beside the stores alone and the peers.

use foyer_memory::{Cache as Foyer, CacheBuilder, S3FifoConfig};
use hydracache::{CacheOptions, Eviction, HydraCache};
use mini_moka::sync::ConcurrentCacheExt as _;

use crate::contestant::on_this_thread;
use crate::contestants::store::Store;
use crate::number::{as_f64, whole};
use crate::rounds::Effort;
use crate::table::Section;
use crate::trace::{OLTP, P3, Source, Trace};
use crate::workload::{Failure, key};

/// How far two ratios may be apart to be called equal, in points of a hundred: the hashes differ from run to run.
const EQUAL: f64 = 0.5;

/// Plays a trace through a cache of that capacity and returns its hits.
type Play = fn(&Trace, usize) -> u64;

const OURS_S3: &str = "HydraCache, S3-FIFO";
const OURS_LFU: &str = "HydraCache, TinyLFU";
const STORE_S3: &str = "the raw store below it (quick_cache)";
const STORE_LFU: &str = "the raw store below it (mini-moka, each write worked off at once)";

const PLAYERS: [(&str, Play); 8] = [
    (OURS_S3, |trace, capacity| ours(trace, capacity, Eviction::S3Fifo)),
    (STORE_S3, store),
    (OURS_LFU, |trace, capacity| ours(trace, capacity, Eviction::TinyLfu)),
    (STORE_LFU, |trace, capacity| mini_moka(trace, capacity, true)),
    ("mini-moka, left to itself", |trace, capacity| mini_moka(trace, capacity, false)),
    ("quick_cache, its default settings", quick),
    ("moka (future)", moka),
    ("foyer (memory, S3-FIFO)", foyer),
];

pub(crate) fn measure(effort: Effort) -> Section {
    let mut section = Section::new("Hit ratio on real traces");
    section.note("In percent of the requests. The traces are described in `examples/data/README.md`.");
    let traces: [(Source, [usize; 4]); 2] =
        [(OLTP, [1_000, 2_000, 5_000, 10_000]), (P3, [16_384, 65_536, 131_072, 262_144])];
    let traces = if effort.quick { &traces[..1] } else { &traces[..] };
    let mut apart = [0.0_f64; 2];
    for (source, capacities) in traces {
        let trace = source.read().expect("the trace is part of the program");
        let (requests, pages) = (whole(trace.requests.len() as u64), whole(u64::from(trace.pages)));
        section
            .note(format!("{}: {requests} requests for {pages} pages, by capacity in entries.", source.name));
        let mut header = vec![String::new()];
        header.extend(capacities.iter().map(|&capacity| whole(capacity as u64)));
        section.table(&header.iter().map(String::as_str).collect::<Vec<_>>());
        let mut ratios = Vec::new();
        for (name, play) in PLAYERS {
            let of_all: Vec<f64> =
                capacities.iter().map(|&capacity| percent(&trace, capacity, play)).collect();
            section.line(
                [name.to_owned()]
                    .into_iter()
                    .chain(of_all.iter().map(|ratio| format!("{ratio:.2}")))
                    .collect(),
            );
            ratios.push((name, of_all));
        }
        let of = |name: &str| &ratios.iter().find(|one| one.0 == name).expect("everyone has played").1;
        for (at, (own, alone)) in [(OURS_S3, STORE_S3), (OURS_LFU, STORE_LFU)].into_iter().enumerate() {
            let furthest = of(own).iter().zip(of(alone)).map(|(own, alone)| (own - alone).abs());
            apart[at] = furthest.fold(apart[at], f64::max);
        }
    }
    for (own, apart) in [OURS_S3, OURS_LFU].into_iter().zip(apart) {
        section.at_most(format!("{own}: as the store alone, within half a point"), EQUAL, apart, "points");
    }
    section
}

fn percent(trace: &Trace, capacity: usize, play: Play) -> f64 {
    100.0 * as_f64(play(trace, capacity)) / as_f64(trace.requests.len() as u64)
}

fn ours(trace: &Trace, capacity: usize, eviction: Eviction) -> u64 {
    let cache = HydraCache::local().max_capacity(capacity as u64).eviction(eviction).build();
    on_this_thread(async {
        for &page in &trace.requests {
            let load = move || async move { Ok::<_, Failure>(page) };
            cache
                .get_or_load(key(u64::from(page)), CacheOptions::new(), load)
                .await
                .expect("the loader does not fail");
        }
    });
    cache.stats().hits
}

fn store(trace: &Trace, capacity: usize) -> u64 {
    let store = Store::new(capacity);
    played(trace, |text, page| {
        store.get(text).is_some() || {
            store.insert(text, page);
            false
        }
    })
}

fn quick(trace: &Trace, capacity: usize) -> u64 {
    let cache: quick_cache::sync::Cache<String, u32> = quick_cache::sync::Cache::new(capacity);
    played(trace, |text, page| {
        cache.get(text).is_some() || {
            cache.insert(text.to_owned(), page);
            false
        }
    })
}

fn mini_moka(trace: &Trace, capacity: usize, at_once: bool) -> u64 {
    let cache: mini_moka::sync::Cache<String, u32> =
        mini_moka::sync::Cache::builder().max_capacity(capacity as u64).weigher(|_, _| 1).build();
    played(trace, |text, page| {
        let text = text.to_owned();
        let found = cache.get(&text).is_some();
        if !found {
            cache.insert(text, page);
            if at_once {
                cache.sync();
            }
        }
        found
    })
}

fn foyer(trace: &Trace, capacity: usize) -> u64 {
    let builder = CacheBuilder::new(capacity).with_eviction_config(S3FifoConfig::default());
    let cache: Foyer<String, u32> = builder.build();
    played(trace, |text, page| {
        cache.get(text).is_some() || {
            cache.insert(text.to_owned(), page);
            false
        }
    })
}

fn moka(trace: &Trace, capacity: usize) -> u64 {
    let cache: moka::future::Cache<String, u32> = moka::future::Cache::new(capacity as u64);
    on_this_thread(async {
        let mut hits = 0;
        for &page in &trace.requests {
            let text = key(u64::from(page));
            if cache.get(text.as_str()).await.is_some() {
                hits += 1;
            } else {
                cache.insert(text.to_string(), page).await;
            }
        }
        hits
    })
}

/// How many requests were hits.
fn played(trace: &Trace, request: impl Fn(&str, u32) -> bool) -> u64 {
    trace.requests.iter().filter(|&&page| request(&key(u64::from(page)), page)).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_room_for_every_page_misses_each_once() {
        let requests: Vec<u32> = (0..3_000).map(|request| request * 7 % 100).collect();
        let trace = Trace { requests, pages: 100 };
        for (name, play) in PLAYERS {
            assert_eq!(play(&trace, 1_000), 2_900, "{name}");
        }
    }
}
