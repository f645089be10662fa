//! Counters that many threads raise without meeting on a cache line.

use std::array;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::sync::AtomicU64;

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
}

/// One number of each kind for a group of threads, on cache lines of its own.
#[derive(Debug)]
#[repr(align(128))]
struct Stripe([AtomicU64; COUNTS]);

/// A set of counters, striped over groups of threads and summed when read.
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
        let stripes = (2 * cores).next_power_of_two().min(32);
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
        let stripe = &self.stripes[thread_number() & (self.stripes.len() - 1)];
        stripe.0[count as usize].fetch_add(by, Ordering::Relaxed);
    }

    /// Adds what others counted.
    pub(crate) fn add(&self, others: &Self) {
        for (number, total) in self.stripes[0].0.iter().enumerate() {
            let sum = others.stripes.iter().map(|stripe| stripe.0[number].load(Ordering::Relaxed)).sum();
            total.fetch_add(sum, Ordering::Relaxed);
        }
    }

    fn sum(&self, count: Count) -> u64 {
        self.stripes.iter().map(|stripe| stripe.0[count as usize].load(Ordering::Relaxed)).sum()
    }
}

/// A small number of the current thread, given out one after the other.
#[inline]
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    NUMBER
        .try_with(|number| {
            if number.get() == usize::MAX {
                number.set(NEXT.fetch_add(1, Ordering::Relaxed) & (usize::MAX >> 1));
            }
            number.get()
        })
        .unwrap_or(0)
}
