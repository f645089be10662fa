//! Events under many threads: their order, the counters they follow, and the bound of what is kept for slow readers.

use std::collections::HashMap;
use std::sync::{Barrier, mpsc};
use std::thread;

use hydracache_runtime::CacheEventKind::{Expired, Removed, Stored};
use hydracache_runtime::{CacheEvent, CacheEventKind, CacheEventRecvError, CacheStats, Eviction, HydraCache};

use tokio::runtime::Builder;

use crate::support::{plain, read_all, ready, seconds, tagged, timed};

over_both_stores! {
    events_of_a_key_come_in_the_order_of_its_changes,
    a_sweep_is_not_told_after_the_put_that_came_after_it,
    an_eviction_is_not_told_after_the_put_that_came_after_it,
    a_counter_is_raised_before_its_event_is_received,
    a_counter_is_raised_before_a_listener_is_told,
    a_subscriber_that_never_reads_grows_no_further_and_stops_nobody,
    lag_counts_only_what_was_asked_for,
}

const KEYS: [&str; 3] = ["a", "b", "c"];

/// The number of a stored value travels as its tag, because events carry no values.
fn number(event: &CacheEvent) -> Option<u64> {
    event.tags().next()?.parse().ok()
}

async fn events_of_a_key_come_in_the_order_of_its_changes(eviction: Eviction) {
    const WRITES: u64 = 3_000;
    let builder = HydraCache::local().eviction(eviction).event_buffer_capacity(100_000);
    let cache = builder.build();
    let mut events = cache.subscribe();
    thread::scope(|scope| {
        for writer in 0..4 {
            let cache = &cache;
            scope.spawn(move || {
                let runtime = Builder::new_current_thread().build().unwrap();
                for n in 0..WRITES {
                    let key = KEYS[usize::try_from(n % 3).unwrap()];
                    // Each number is used once, and the numbers of one writer rise.
                    let value = n * 4 + writer;
                    let options = tagged(&value.to_string());
                    match value % 7 {
                        5 => cache.remove(key).fire(),
                        6 => cache.expire_key(key).fire(),
                        4 => {
                            let load = move || async move { value };
                            runtime.block_on(cache.get_or_insert_with(key, options, load)).unwrap();
                        }
                        3 => {
                            let token = cache.fill_token(key).unwrap();
                            cache.fill(&token, value, options).unwrap();
                        }
                        _ => cache.put(key, value, options).fire(),
                    }
                }
            });
        }
    });
    let told = read_all(&mut events);
    assert!(told.is_sorted_by(|one, other| one.sequence() < other.sequence()));
    let mut last: HashMap<&str, &CacheEvent> = HashMap::new();
    let mut highest: HashMap<(&str, u64), u64> = HashMap::new();
    for event in &told {
        let key = event.key().unwrap();
        last.insert(key, event);
        if let (Stored, Some(number)) = (event.kind(), number(event)) {
            let before = highest.insert((key, number % 4), number);
            assert!(before.is_none_or(|before| before < number), "{event:?} came after {before:?}");
        }
    }
    for key in KEYS {
        let found = cache.get::<u64>(key).await.unwrap();
        match last[key].kind() {
            Stored => assert_eq!(found, number(last[key]), "`{key}`"),
            Removed | Expired => assert_eq!(found, None, "`{key}`"),
            _ => panic!("nothing else happened: {:?}", last[key]),
        }
    }
}

/// An entry has ended and is swept, and at the same moment its key is put anew. Whoever comes first, the entry that is
/// there in the end was the last to be told.
async fn a_sweep_is_not_told_after_the_put_that_came_after_it(eviction: Eviction) {
    const ROUNDS: u32 = 20_000;
    let (cache, clock) = timed(eviction);
    let mut events = cache.subscribe_key("k");
    let together = Barrier::new(2);
    let mut wrong = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..ROUNDS {
                together.wait();
                cache.sweep();
                together.wait();
            }
        });
        for round in 0..ROUNDS {
            cache.put("k", round, plain().ttl(seconds(1))).fire();
            clock.advance(seconds(1));
            together.wait();
            cache.put("k", round, plain()).fire();
            together.wait();
            assert_eq!(cache.peek::<u32>("k").unwrap(), Some(round));
            wrong += u32::from(read_all(&mut events).last().unwrap().kind() != Stored);
        }
    });
    assert_eq!(wrong, 0, "so often the last that was told of a living entry was that it expired");
}

/// Two threads put keys of which few have room. Once they rest, the last event of each key says whether it is there.
async fn an_eviction_is_not_told_after_the_put_that_came_after_it(eviction: Eviction) {
    const ROUNDS: u32 = 300;
    let builder = HydraCache::local().eviction(eviction).max_capacity(4);
    let cache = builder.event_buffer_capacity(100_000).build();
    let mut events = cache.subscribe();
    let mut there: HashMap<String, bool> = HashMap::new();
    let mut wrong = Vec::new();
    for round in 0..ROUNDS {
        thread::scope(|scope| {
            for thread in 0..2 {
                let cache = &cache;
                scope.spawn(move || {
                    for n in 0..100 {
                        cache.put(((n * (thread + 3) + round) % 8).to_string(), n, plain()).fire();
                    }
                });
            }
        });
        // A store that is behind with its work evicts the rest now.
        cache.diagnostics().await;
        cache.diagnostics().await;
        for event in read_all(&mut events) {
            there.insert(event.key().unwrap().to_owned(), event.kind() == Stored);
        }
        for (key, there) in &there {
            if cache.contains_key(key).await != *there {
                wrong.push((round, key.clone(), *there));
            }
        }
    }
    assert!(wrong.is_empty(), "{} times a key was not what its last event said: {wrong:?}", wrong.len());
}

/// The counter that an event stands for.
fn counted(stats: &CacheStats, kind: CacheEventKind) -> u64 {
    match kind {
        CacheEventKind::Stored => stats.puts,
        CacheEventKind::Hit => stats.hits,
        CacheEventKind::Miss => stats.misses,
        CacheEventKind::LoadStarted => stats.loads,
        CacheEventKind::LoadFailed => stats.load_failures,
        CacheEventKind::Removed => stats.key_invalidations,
        CacheEventKind::Evicted => stats.evictions,
        CacheEventKind::TagInvalidated => stats.tag_invalidations,
        CacheEventKind::NamespaceInvalidated => stats.namespace_invalidations,
        CacheEventKind::PrefixInvalidated => stats.prefix_invalidations,
        CacheEventKind::Flushed => stats.flushes,
        _ => u64::MAX,
    }
}

fn busy(eviction: Eviction) -> HydraCache {
    let builder = HydraCache::local().eviction(eviction).max_capacity(50).enable_access_events(true);
    builder.event_buffer_capacity(100_000).build()
}

fn do_all(cache: &HydraCache, rounds: u32) {
    let fail = || async { Err::<u32, _>(std::io::Error::other("not today")) };
    for n in 0..rounds {
        cache.put(n.to_string(), n, plain()).fire();
        ready(cache.get::<u32>((n / 2).to_string())).unwrap();
        ready(cache.get_or_load("fails", plain(), fail)).unwrap_err();
        cache.remove(n.to_string()).fire();
        cache.invalidate_tag("t").fire();
        cache.invalidate_namespace("n").fire();
        cache.invalidate_prefix("p").fire();
        cache.flush().fire();
        for more in 0..3 {
            cache.put(format!("{n}:{more}"), n, plain()).fire();
        }
    }
}

/// Checks each event on its receipt against the counters at that moment.
struct Checker {
    cache: HydraCache,
    seen: HashMap<CacheEventKind, u64>,
}

impl Checker {
    fn check(&mut self, event: &CacheEvent) -> Result<(), String> {
        let seen = self.seen.entry(event.kind()).or_default();
        *seen += 1;
        let stats = self.cache.stats();
        let counted = counted(&stats, event.kind());
        let all: u64 = self.seen.values().sum();
        let kind = event.kind();
        if counted < self.seen[&kind] {
            return Err(format!(
                "{} of {kind:?} were received when {counted} were counted",
                self.seen[&kind]
            ));
        }
        if stats.events_published < all {
            return Err(format!("{all} were received when {} were published", stats.events_published));
        }
        Ok(())
    }
}

async fn a_counter_is_raised_before_its_event_is_received(eviction: Eviction) {
    let cache = busy(eviction);
    let mut events = cache.subscribe();
    let mut checker = Checker { cache: cache.clone(), seen: HashMap::new() };
    thread::scope(|scope| {
        let writer = scope.spawn(|| do_all(&cache, 1_000));
        let mut received = 0_u64;
        loop {
            let finished = writer.is_finished();
            match events.try_recv().unwrap() {
                Some(event) => {
                    received += 1;
                    checker.check(&event).unwrap();
                }
                None if finished => break,
                None => thread::yield_now(),
            }
        }
        assert_eq!(received, cache.stats().events_published);
    });
}

async fn a_counter_is_raised_before_a_listener_is_told(eviction: Eviction) {
    let cache = busy(eviction);
    let (tell, told) = mpsc::channel();
    let mut checker = Checker { cache: cache.clone(), seen: HashMap::new() };
    let listener = cache.add_listener(move |event: &CacheEvent| {
        let _ = tell.send(checker.check(event));
    });
    do_all(&cache, 500);
    listener.unsubscribe();
    let results: Vec<_> = told.iter().collect();
    assert_eq!(results.len() as u64, cache.stats().events_published);
    assert_eq!(results.into_iter().find_map(Result::err), None);
}

async fn a_subscriber_that_never_reads_grows_no_further_and_stops_nobody(eviction: Eviction) {
    const EVENTS: u64 = 1_000_000;
    const KEPT: u64 = 256;
    let cache = HydraCache::local().eviction(eviction).event_buffer_capacity(256).build();
    let (mut idle, mut other) = (cache.subscribe(), cache.subscribe());
    for _ in 0..EVENTS {
        cache.invalidate_tag("t").fire();
    }
    let stats = cache.stats();
    assert_eq!((stats.events_published, stats.tag_invalidations), (EVENTS, EVENTS));
    assert_eq!(idle.try_recv().unwrap_err(), CacheEventRecvError::Lagged(EVENTS - KEPT));
    assert_eq!(read_all(&mut idle).len() as u64, KEPT);
    assert_eq!(other.recv().await.unwrap_err(), CacheEventRecvError::Lagged(EVENTS - KEPT));
    assert_eq!(cache.stats().event_subscriber_lag, 2 * (EVENTS - KEPT), "it is summed over the subscribers");
    assert!(cache.stats().has_event_subscriber_lag());
    cache.put("k", 1_u8, plain()).await.unwrap();
    assert_eq!(idle.try_recv().unwrap().unwrap().key(), Some("k"), "it goes on");
}

async fn lag_counts_only_what_was_asked_for(eviction: Eviction) {
    let cache = HydraCache::local().eviction(eviction).event_buffer_capacity(4).build();
    assert!(!cache.stats().has_event_subscriber_lag());
    let mut of_key = cache.subscribe_key("k");
    let mut of_all = cache.subscribe();
    cache.put("k", 1_u8, plain()).await.unwrap();
    for n in 0..99_u32 {
        cache.put(n.to_string(), n, plain()).await.unwrap();
    }
    assert_eq!(of_key.try_recv().unwrap().unwrap().key(), Some("k"));
    assert!(of_key.try_recv().unwrap().is_none());
    assert_eq!(of_all.try_recv().unwrap_err(), CacheEventRecvError::Lagged(96));
    assert_eq!(of_all.next_event().await.unwrap().key(), Some("95"));
    assert_eq!(cache.stats().event_subscriber_lag, 96);
}
