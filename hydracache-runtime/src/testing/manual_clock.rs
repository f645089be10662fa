//! A clock that moves only when it is told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use crate::clock::{Alarm, Clock};
use crate::timer::wake_all;

/// A [`Clock`] for tests. Clones show the same time. What waits for a time is woken when the clock is moved there.
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
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    now: Duration,
    /// Who is to be woken, by the time and in the order of asking.
    alarms: BTreeMap<(Duration, u64), Waker>,
    asked: u64,
}

impl ManualClock {
    /// A clock at its origin.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the clock forward and wakes whoever waited for a time until then.
    pub fn advance(&self, by: Duration) {
        let mut state = self.state();
        state.now = state.now.saturating_add(by);
        let end = (state.now, u64::MAX);
        let later = state.alarms.split_off(&end);
        let due = std::mem::replace(&mut state.alarms, later);
        // Waking runs code of executors.
        drop(state);
        wake_all(due.into_values());
    }

    /// How many wait for a time that has not come.
    pub fn alarms(&self) -> usize {
        self.state().alarms.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        self.state().now
    }

    fn wake_at(&self, at: Duration, waker: Waker) -> Alarm {
        let mut state = self.state();
        if at <= state.now {
            drop(state);
            waker.wake();
            return Alarm::new(|| {});
        }
        state.asked += 1;
        let key = (at, state.asked);
        state.alarms.insert(key, waker);
        let clock = self.clone();
        Alarm::new(move || {
            let called_off = clock.state().alarms.remove(&key);
            drop(called_off);
        })
    }
}
