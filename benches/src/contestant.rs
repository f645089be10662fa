//! One of those that are compared: an operation, and how a batch of it is timed.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::allocator::Watch;
use crate::workload::{Ids, Walk, loads};

/// What is to happen in every operation. A contestant that does anything else stops the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Nothing is loaded.
    Hit,
    /// Each operation loads once.
    Load,
}

type Batch = Box<dyn Fn(Walk, u64) -> Duration + Send + Sync>;

/// A named operation, ready to be run any number of times from any thread.
pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    ids: Ids,
    expected: Expected,
    batch: Batch,
}

/// How a contestant comes to be: only those that are measured fill a cache.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entrant {
    pub(crate) name: &'static str,
    /// From its name and how many entries it hits; what misses has no use for the number.
    pub(crate) make: fn(&'static str, u64) -> Contestant,
}

impl Entrant {
    pub(crate) fn make(&self, entries: u64) -> Contestant {
        (self.make)(self.name, entries)
    }
}

impl Contestant {
    /// A function that blocks.
    pub(crate) fn blocking<R>(
        name: &'static str,
        ids: Ids,
        expected: Expected,
        call: impl Fn(u64) -> R + Send + Sync + 'static,
    ) -> Self {
        let batch = move |mut walk: Walk, count: u64| {
            let start = Instant::now();
            for _ in 0..count {
                black_box(&call(black_box(walk.next())));
            }
            start.elapsed()
        };
        Self { name, ids, expected, batch: Box::new(batch) }
    }

    /// An async function. The whole batch is one task of a runtime on the calling thread, so the executor has the same
    /// part in everybody's time, which is none.
    pub(crate) fn awaited<R>(
        name: &'static str,
        ids: Ids,
        expected: Expected,
        call: impl AsyncFn(u64) -> R + Send + Sync + 'static,
    ) -> Self {
        let batch = move |mut walk: Walk, count: u64| {
            on_this_thread(async {
                let start = Instant::now();
                for _ in 0..count {
                    black_box(&call(black_box(walk.next())).await);
                }
                start.elapsed()
            })
        };
        Self { name, ids, expected, batch: Box::new(batch) }
    }

    /// Runs the operation `count` times and returns the time of all.
    pub(crate) fn run(&self, count: u64) -> Duration {
        let before = loads();
        let elapsed = (self.batch)(self.ids.take(count), count);
        let expected = match self.expected {
            Expected::Hit => 0,
            Expected::Load => count,
        };
        assert_eq!(loads() - before, expected, "loads of {count} calls of `{}`", self.name);
        elapsed
    }

    /// Runs the operation `count` times and returns how often it asked for memory.
    pub(crate) fn run_and_count_allocations(&self, count: u64) -> u64 {
        let watch = Watch::start();
        let before = watch.allocations();
        self.run(0);
        let around = watch.allocations() - before;
        self.run(count);
        watch.allocations() - before - 2 * around
    }
}

/// Runs a future to its end on a runtime of the calling thread.
pub(crate) fn on_this_thread<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without I/O and timers needs nothing of the system")
        .block_on(future)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::load;

    #[test]
    fn a_batch_runs_as_often_as_it_is_told_to() {
        Contestant::blocking("blocking", Ids::Fresh, Expected::Load, load).run(7);
        Contestant::awaited("awaited", Ids::Fresh, Expected::Load, async |id| load(id)).run(7);
    }

    #[test]
    #[should_panic(expected = "loads of 7 calls of `liar`")]
    fn a_contestant_that_loads_instead_of_hitting_is_found_out() {
        Contestant::blocking("liar", Ids::Stored(10), Expected::Hit, load).run(7);
    }

    #[test]
    #[should_panic(expected = "loads of 7 calls of `idler`")]
    fn a_contestant_that_does_not_load_is_found_out() {
        Contestant::blocking("idler", Ids::Fresh, Expected::Load, |id| id).run(7);
    }
}
