//! Counters that many threads raise without meeting on a cache line.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

macro_rules! counts {
    ($($(#[$doc:meta])* $variant:ident $field:ident,)*) => {
        /// What is counted; each is documented at its field of [`CacheStats`](super::CacheStats).
        #[derive(Debug, Clone, Copy)]
        pub(crate) enum Count { $($variant,)* }

        const COUNTS: usize = [$(Count::$variant),*].len();

        impl Counters {
            /// Adds what was counted so far to `stats`.
            pub(crate) fn add_to(&self, stats: &mut super::CacheStats) {
                $(stats.$field += self.sum(Count::$variant);)*
            }
        }
    };
}

counts! {
    Hit hits,
    Miss misses,
    Join joins,
    StaleServed stale_served,
    StaleOnError stale_on_error_served,
    Load loads,
    Refresh refreshes,
    LoadFailure load_failures,
    LoadTimeout load_timeouts,
    SoftTimeout soft_timeouts,
    WaitTimeout wait_timeouts,
    StaleDiscard stale_discards,
    Rejoin rejoins,
    SelfLoad self_loads,
    Cancelled cancelled,
    Adopted adopted,
    Cycle load_cycles,
    TypeMismatch type_mismatches,
    DecodeFailure decode_failures,
    Bypassed bypassed,
    NotStored not_stored,
    Put puts,
    RefusedFill refused_fills,
    KeyInvalidation key_invalidations,
    TagInvalidation tag_invalidations,
    NamespaceInvalidation namespace_invalidations,
    PrefixInvalidation prefix_invalidations,
    Flush flushes,
    Eviction evictions,
    BusPublished distributed_invalidations_published,
    BusReceived distributed_invalidations_received,
    BusApplied distributed_invalidations_applied,
    BusDuplicate distributed_invalidations_duplicated,
    BusGap distributed_invalidation_gaps,
    BusRepaired distributed_invalidations_repaired,
    BusFlush distributed_invalidation_flushes,
    BusLag distributed_invalidation_lag,
    BusDecodeError distributed_invalidation_decode_errors,
    BusPublishFailure distributed_invalidation_publish_failures,
    BusClosed distributed_invalidation_receivers_closed,
}

/// One number of each kind, on cache lines of its own.
#[derive(Debug)]
#[repr(align(128))]
struct Stripe([AtomicU64; COUNTS]);

/// A set of counters, striped over threads and summed when read.
///
/// A stripe that belongs to one thread alone is raised without a locked instruction. The first stripe is shared by all
/// threads that have none of their own.
#[derive(Debug)]
pub(crate) struct Counters {
    stripes: Box<[Stripe]>,
    part_of_a_cache: bool,
}

impl Default for Counters {
    fn default() -> Self {
        Self::new(true)
    }
}

impl Counters {
    /// Counters at zero. Those of a function are part of its cache's numbers, unless it uses another cache each time.
    pub(crate) fn new(part_of_a_cache: bool) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let stripes = 1 + (2 * cores).next_power_of_two().min(32);
        let zero = |_| Stripe(array::from_fn(|_| AtomicU64::new(0)));
        Self { stripes: (0..stripes).map(zero).collect(), part_of_a_cache }
    }

    /// Whether a cache adds these to its own.
    #[inline]
    pub(crate) fn is_part_of_a_cache(&self) -> bool {
        self.part_of_a_cache
    }

    #[inline]
    pub(crate) fn raise(&self, count: Count) {
        self.raise_by(count, 1);
    }

    #[inline]
    pub(crate) fn raise_by(&self, count: Count, by: u64) {
        let number = number::of_this_thread();
        match self.stripes.get(number) {
            Some(own) if number != SHARED => {
                let total = &own.0[count as usize];
                // Nobody else writes it, so nothing can come between.
                total.store(total.load(Ordering::Relaxed) + by, Ordering::Relaxed);
            }
            _ => _ = self.stripes[SHARED].0[count as usize].fetch_add(by, Ordering::Relaxed),
        }
    }

    /// Adds what others counted.
    pub(crate) fn add(&self, others: &Self) {
        for (number, total) in self.stripes[SHARED].0.iter().enumerate() {
            let sum = others.stripes.iter().map(|stripe| stripe.0[number].load(Ordering::Relaxed)).sum();
            total.fetch_add(sum, Ordering::Relaxed);
        }
    }

    fn sum(&self, count: Count) -> u64 {
        self.stripes.iter().map(|stripe| stripe.0[count as usize].load(Ordering::Relaxed)).sum()
    }
}

/// The number of the stripe for threads that have none of their own.
const SHARED: usize = 0;

/// Small numbers for threads, each held by one living thread at a time.
mod number {
    use std::cell::Cell;
    use std::collections::BTreeSet;
    use std::sync::{Mutex, PoisonError};

    use super::SHARED;

    /// Numbers that were given back, and the next one that was never given out.
    struct Free {
        returned: BTreeSet<usize>,
        next: usize,
    }

    static FREE: Mutex<Free> = Mutex::new(Free { returned: BTreeSet::new(), next: SHARED + 1 });

    fn with_free<R>(work: impl FnOnce(&mut Free) -> R) -> R {
        work(&mut FREE.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives the thread's number back when the thread ends. What it counted happened before: the lock sees to it.
    struct Held(usize);

    impl Drop for Held {
        fn drop(&mut self) {
            // Whatever is still counted on this thread goes to the shared stripe.
            let _ = NUMBER.try_with(|number| number.set(SHARED));
            with_free(|free| free.returned.insert(self.0));
        }
    }

    const UNKNOWN: usize = usize::MAX;

    thread_local! {
        static NUMBER: Cell<usize> = const { Cell::new(UNKNOWN) };
        static HELD: Held = Held(with_free(|free| {
            free.returned.pop_first().unwrap_or_else(|| {
                free.next += 1;
                free.next - 1
            })
        }));
    }

    /// The number of the current thread.
    #[inline]
    pub(super) fn of_this_thread() -> usize {
        match NUMBER.get() {
            UNKNOWN => take(),
            number => number,
        }
    }

    #[cold]
    fn take() -> usize {
        let number = HELD.try_with(|held| held.0).unwrap_or(SHARED);
        NUMBER.set(number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_between_threads_with_and_without_a_stripe() {
        const ROUNDS: u64 = 2_000;
        let (counters, more) = (Counters::new(true), Counters::new(true));
        let threads = 2 * counters.stripes.len() as u64;
        for _ in 0..3 {
            thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        for _ in 0..ROUNDS {
                            counters.raise(Count::Hit);
                            more.raise_by(Count::Miss, 2);
                        }
                    });
                }
                scope.spawn(|| more.add(&counters));
            });
        }
        assert_eq!(counters.sum(Count::Hit), 3 * threads * ROUNDS);
        assert_eq!(more.sum(Count::Miss), 3 * threads * ROUNDS * 2);
    }

    #[test]
    fn a_number_is_held_by_one_living_thread_and_used_again() {
        let numbers: Vec<usize> = (0..100)
            .map(|_| thread::spawn(number::of_this_thread).join().expect("it does not panic"))
            .collect();
        assert!(
            numbers.iter().all(|&number| number < 90),
            "threads that ended gave their numbers back: {numbers:?}"
        );
    }
}
