//! Bugs that can be switched on, to show that the tests would notice them.
//!
//! Each switch breaks one rule of this crate; those of the engine have switches of their own. Without the feature
//! `planted-bugs` the question is a constant and costs nothing.

/// A rule of the database crate that a test can break on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum PlantedBug {
    /// A commit invalidates before it is sent, and not after it was acknowledged.
    CommitInvalidatesFirst = 1,
    /// A commit whose outcome nobody knows is taken for one that has not happened.
    UnknownIsNotCommitted = 1 << 1,
    /// What a transaction has read is stored as of its commit, and not as of its beginning.
    FillAsOfTheCommit = 1 << 2,
    /// The follower of PostgreSQL goes on after the highest number of a transaction that it has seen, and not from where no
    /// transaction is under way any more.
    FollowerGoesByNumber = 1 << 3,
}

impl PlantedBug {
    /// Every switch, for suites that try each of them.
    pub const ALL: [Self; 4] = [
        Self::CommitInvalidatesFirst,
        Self::UnknownIsNotCommitted,
        Self::FillAsOfTheCommit,
        Self::FollowerGoesByNumber,
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
