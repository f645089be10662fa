//! What many threads can see of a store. The engine makes all writes to one key one after the other, so each thread
//! here writes keys of its own and reads those of all.

#![allow(clippy::missing_panics_doc, reason = "a check panics when a store fails it; that is what it is for")]

use std::thread;

use super::bench::{Bench, Make, key, release};
use crate::store::Displaced;

const THREADS: usize = 4;
const ROUNDS: usize = 2_000;

fn name(thread: usize, number: usize) -> String {
    format!("{thread}:{number}")
}

/// Runs `work` on several threads and returns what was displaced on each.
fn on_threads(work: impl Fn(usize, &mut Displaced) + Sync) -> Vec<Displaced> {
    thread::scope(|scope| {
        let work = &work;
        let running: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn(move || {
                    let mut displaced = Displaced::default();
                    work(thread, &mut displaced);
                    displaced
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    })
}

pub fn evictions_of_many_threads_are_counted_exactly(make: Make<'_>) {
    let bench = Bench::new(make, 128);
    let mut displaced = on_threads(|thread, displaced| {
        for n in 0..ROUNDS {
            bench.insert(&name(thread, n), 1, displaced);
            // What a reader holds may be evicted meanwhile, and then the reader drops it last.
            release(bench.store.get(key(&name((thread + 1) % THREADS, n))));
        }
    });
    bench.settle(&mut displaced[0]);
    let resident = bench.visited().len() as u64;
    let evicted: u64 = displaced.iter().map(Displaced::evicted).sum();
    assert!(resident <= 128, "{resident} entries are more than the capacity of 128");
    assert_eq!(evicted + resident, (THREADS * ROUNDS) as u64, "each entry is resident or evicted");
    release(displaced);
    assert_eq!(bench.alive(), resident, "the store kept shares of what it evicted");
    bench.finish();
}

pub fn replacing_and_removing_from_many_threads_loses_nothing(make: Make<'_>) {
    let bench = Bench::new(make, 64);
    let mut displaced = on_threads(|thread, displaced| {
        for n in 0..ROUNDS {
            let text = name(thread, n % 40);
            if n % 7 == 3 {
                bench.store.remove(key(&text), displaced);
                assert!(bench.store.peek(key(&text)).is_none(), "only this thread writes `{text}`");
            } else {
                bench.insert(&text, 1, displaced);
            }
            release(bench.store.get(key(&name((thread + 1) % THREADS, n % 40))));
        }
    });
    bench.settle(&mut displaced[0]);
    let resident = bench.visited().len();
    assert_eq!(bench.store.len(), resident);
    assert!(resident <= 64, "{resident} entries are more than the capacity of 64");
    release(displaced);
    assert_eq!(bench.alive(), resident as u64, "an entry is neither in the store nor handed out");
    bench.finish();
}
