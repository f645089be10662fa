//! Time as the cache sees it: monotonic, injectable, never the wall clock.

use std::fmt;
use std::time::{Duration, Instant};

/// A source of monotonic time.
///
/// Every decision of a cache about freshness asks its clock, so a test that holds a
/// `ManualClock` (feature `test-util`) decides what time it is.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time since an origin that stays the same for the life of the clock; never less than it was before.
    fn now(&self) -> Duration;
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

    /// The tick `span` later, if the clock can count that far.
    pub(crate) fn after(self, span: Duration) -> Option<Self> {
        let span = u64::try_from(span.as_nanos()).ok()?;
        self.0.checked_add(span).filter(|&raw| raw < Self::NEVER.0).map(Self)
    }

    /// How long ago `earlier` was.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}
