//! Time as the cache sees it: monotonic, injectable, never the wall clock.

use std::fmt;
use std::task::Waker;
use std::time::{Duration, Instant};

use crate::timer;

/// A source of monotonic time.
///
/// Every decision of a cache about freshness asks its clock, so a test that holds a
/// `ManualClock` (feature `test-util`) decides what time it is.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time since an origin that stays the same for the life of the clock; never less than it was before.
    fn now(&self) -> Duration;

    /// Wakes `waker` when [`now`](Self::now) shows `at` or later, unless the alarm is dropped before.
    ///
    /// Timeouts of loads and of those who wait for them ask for this. What is provided waits as long as the operating
    /// system's clock says, on a thread that all caches of the process share; a clock that is moved by hand wakes when
    /// it is moved.
    fn wake_at(&self, at: Duration, waker: Waker) -> Alarm {
        Alarm::after(at.saturating_sub(self.now()), waker)
    }
}

/// A wake-up that was asked of a [`Clock`]; dropping it calls it off.
#[must_use = "dropping an alarm calls it off"]
pub struct Alarm(Option<Box<dyn FnOnce() + Send + Sync>>);

impl Alarm {
    /// An alarm that `call_off` calls off.
    pub fn new(call_off: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self(Some(Box::new(call_off)))
    }

    /// Wakes `waker` after `delay` by the operating system's clock.
    pub fn after(delay: Duration, waker: Waker) -> Self {
        timer::wake_after(delay, waker)
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(call_off) = self.0.take() {
            call_off();
        }
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarm").finish_non_exhaustive()
    }
}

/// The monotonic clock of the operating system.
#[derive(Debug, Clone)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock whose origin is now.
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }
}

/// A point in time in nanoseconds since the origin of a cache's clock; 584 years fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tick(u64);

impl Tick {
    /// Later than every time that a clock will tell.
    pub(crate) const NEVER: Self = Self(u64::MAX);

    /// Earlier than or equal to every time that a clock will tell.
    #[cfg(any(test, feature = "test-util"))]
    pub(crate) const ALWAYS: Self = Self(0);

    pub(crate) fn of(clock: &dyn Clock) -> Self {
        Self(u64::try_from(clock.now().as_nanos()).unwrap_or(u64::MAX - 1))
    }

    pub(crate) fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    pub(crate) fn raw(self) -> u64 {
        self.0
    }

    /// The tick `nanos` later; [`NEVER`](Self::NEVER) if the clock cannot count that far.
    pub(crate) fn plus(self, nanos: u64) -> Self {
        Self(self.0.saturating_add(nanos))
    }

    /// How many nanoseconds ago `earlier` was.
    pub(crate) fn nanos_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// How long ago `earlier` was.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanos_since(earlier))
    }
}
