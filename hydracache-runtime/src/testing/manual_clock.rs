//! A clock that moves only when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Clock;

/// A [`Clock`] for tests. Clones show the same time.
///
/// ```
/// # async fn example() -> hydracache_runtime::CacheResult<()> {
/// use std::time::Duration;
/// use hydracache_runtime::testing::ManualClock;
/// use hydracache_runtime::{CacheOptions, HydraCache};
///
/// let clock = ManualClock::new();
/// let cache = HydraCache::local().clock(clock.clone()).build();
/// cache.put("answer", 42_u8, CacheOptions::new().ttl(Duration::from_secs(10))).await?;
/// clock.advance(Duration::from_secs(10));
/// assert_eq!(cache.get::<u8>("answer").await?, None);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct ManualClock {
    nanos: Arc<AtomicU64>,
}

impl ManualClock {
    /// A clock at its origin.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::SeqCst))
    }
}
