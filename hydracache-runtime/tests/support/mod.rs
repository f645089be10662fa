//! What the suites about concurrency share: gated loaders, a function written as its attribute would write it, and
//! the staleness checker.

#![allow(dead_code, reason = "each suite uses its part")]

pub(crate) mod caller;
pub(crate) mod function;
pub(crate) mod joiner;
pub(crate) mod source;
pub(crate) mod stress;

use std::future::Future;
use std::time::Duration;

use hydracache_runtime::{Eviction, HydraCache};

/// The stores that come with the crate: what is promised holds over each of them.
pub(crate) const EVICTIONS: [Eviction; 2] = [Eviction::S3Fifo, Eviction::TinyLfu];

/// A cache with room for everything a scenario stores.
pub(crate) fn roomy(eviction: Eviction) -> HydraCache {
    HydraCache::local().max_capacity(10_000).eviction(eviction).build()
}

/// Runs what must end. The limit is no part of any scenario: it turns a hang into a failure that says so.
pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    let ended = tokio::time::timeout(Duration::from_secs(60), future).await;
    ended.unwrap_or_else(|_| panic!("hangs: {what}"))
}

/// A small generator of reproducible numbers.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    /// One of `choices`.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let at = self.roll(choices.len() as u64);
        choices[usize::try_from(at).expect("an index")]
    }
}
