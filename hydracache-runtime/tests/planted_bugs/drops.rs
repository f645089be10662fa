//! A value whose drop calls the cache, dropped while the lock of its key is held.

use std::time::Duration;

use hydracache_runtime::PlantedBug;

use crate::must_go_red;
use crate::support::caller::{CAPACITY, hangs};

/// The bugs that a test of this file notices.
pub(crate) const COVERED: &[PlantedBug] = &[PlantedBug::DropUnderLock];

/// How long a scenario of milliseconds may take before it is said to hang.
const LIMIT: Duration = Duration::from_secs(5);

#[test]
fn a_replaced_value_that_calls_the_cache_waits_for_itself() {
    must_go_red(PlantedBug::DropUnderLock, || {
        hangs(LIMIT, |callers| {
            callers.put(1);
            callers.put(1);
        })
    });
}

#[test]
fn an_evicted_value_that_calls_the_cache_waits_for_itself() {
    must_go_red(PlantedBug::DropUnderLock, || {
        hangs(LIMIT, |callers| {
            for n in 0..2 * CAPACITY {
                callers.put(n);
            }
        })
    });
}
