//! Bugs that can be switched on, to show that the tests would notice them.
//!
//! Each switch breaks one rule of the engine. Without the feature `planted-bugs` the question is a constant and
//! costs nothing; with it, a suite turns one on, runs, and must go red.

/// A rule of the engine that a test can break on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum PlantedBug {
    /// A commit looks neither at the epoch of its slot nor at what took its place meanwhile.
    NoFence = 1,
    /// A read does not compare the stamp of an entry with the cells of its tags.
    NoStampCheck = 1 << 1,
    /// A tag cell is born as if nothing had ever been invalidated.
    NoFloor = 1 << 2,
    /// A joiner asks whether something was invalidated between the stamp of the flight and its own arrival.
    JoinerChecksArrival = 1 << 3,
    /// A fill stores whatever it is given, as of now.
    FillWithoutToken = 1 << 4,
    /// A soft expiry does not raise the epoch of the key.
    ExpireDoesNotBump = 1 << 5,
    /// Displaced values are dropped while the shard lock of their key is held.
    DropUnderLock = 1 << 6,
    /// An invalidation is counted before its cell is raised, so that a reader in between takes the cell for verified.
    MarkedBeforeCell = 1 << 7,
}

impl PlantedBug {
    /// Every switch, for suites that try each of them.
    pub const ALL: [Self; 8] = [
        Self::NoFence,
        Self::NoStampCheck,
        Self::NoFloor,
        Self::JoinerChecksArrival,
        Self::FillWithoutToken,
        Self::ExpireDoesNotBump,
        Self::DropUnderLock,
        Self::MarkedBeforeCell,
    ];
}

#[cfg(feature = "planted-bugs")]
mod switches {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::PlantedBug;

    static ACTIVE: AtomicU32 = AtomicU32::new(0);

    /// Whether `bug` is switched on.
    pub(crate) fn planted(bug: PlantedBug) -> bool {
        ACTIVE.load(Ordering::Relaxed) & bug as u32 != 0
    }

    /// Switches `bug` on until the guard is dropped, for the whole process.
    pub fn plant(bug: PlantedBug) -> Planted {
        ACTIVE.fetch_or(bug as u32, Ordering::SeqCst);
        Planted(bug)
    }

    /// Keeps one [`PlantedBug`] switched on.
    #[derive(Debug)]
    #[must_use = "the bug is taken out again when the guard is dropped"]
    pub struct Planted(PlantedBug);

    impl Drop for Planted {
        fn drop(&mut self) {
            ACTIVE.fetch_and(!(self.0 as u32), Ordering::SeqCst);
        }
    }
}

#[cfg(feature = "planted-bugs")]
pub(crate) use switches::planted;
#[cfg(feature = "planted-bugs")]
pub use switches::{Planted, plant};

/// Never: this build has no planted bugs.
#[cfg(not(feature = "planted-bugs"))]
#[inline]
pub(crate) const fn planted(_: PlantedBug) -> bool {
    false
}
