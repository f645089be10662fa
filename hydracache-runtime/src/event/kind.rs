//! What can happen in a cache, and what made it happen.

/// What happened.
///
/// ```
/// use hydracache_runtime::CacheEventKind;
///
/// assert!(CacheEventKind::Hit.is_access());
/// assert!(CacheEventKind::Stored.is_mutation());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CacheEventKind {
    /// An entry was stored, by a load, a put or a fill.
    Stored,
    /// A read found a valid, fresh value.
    Hit,
    /// A read found none.
    Miss,
    /// A loader was started.
    LoadStarted,
    /// A loader returned a value, whether it was stored or not.
    LoadSucceeded,
    /// A loader returned an error.
    LoadFailed,
    /// A read returned a value that was no longer fresh, as its options allow.
    StaleServed,
    /// An entry was stored by a refresh in the background.
    Refreshed,
    /// An entry was taken out by its key.
    Removed,
    /// The freshness of an entry ended: its time was over, or somebody ended it.
    Expired,
    /// An entry left because space ran out, or was not admitted. It is left out where another thread stored the same key
    /// anew before it could be told: then that is told as if it had replaced the entry. Either is counted.
    Evicted,
    /// Every entry with a certain tag was invalidated.
    TagInvalidated,
    /// Every entry of a namespace was invalidated.
    NamespaceInvalidated,
    /// Every entry whose key begins with certain segments was invalidated.
    PrefixInvalidated,
    /// Every entry was invalidated.
    Flushed,
}

impl CacheEventKind {
    /// Whether it is a step of a read or a load. Such events are told only by a cache that was asked for them when it
    /// was built.
    pub const fn is_access(self) -> bool {
        Kinds::ACCESS.contain(self)
    }

    /// Whether it changes what reads return.
    pub const fn is_mutation(self) -> bool {
        !self.is_access()
    }
}

/// What made an event happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CacheEventOrigin {
    /// A call of this process.
    Local,
    /// An invalidation that another node published.
    DistributedBus,
    /// A refresh in the background.
    Refresh,
    /// The thread that takes dead entries out.
    Sweep,
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u64);

impl Kinds {
    pub(super) const NONE: Self = Self(0);
    pub(super) const ALL: Self = Self((1 << (CacheEventKind::Flushed as u64 + 1)) - 1);
    pub(super) const ACCESS: Self = Self::NONE
        .with(CacheEventKind::Hit)
        .with(CacheEventKind::Miss)
        .with(CacheEventKind::LoadStarted)
        .with(CacheEventKind::LoadSucceeded)
        .with(CacheEventKind::LoadFailed)
        .with(CacheEventKind::StaleServed);
    pub(super) const MUTATIONS: Self = Self(Self::ALL.0 & !Self::ACCESS.0);

    const fn with(self, kind: CacheEventKind) -> Self {
        Self(self.0 | 1 << kind as u64)
    }

    #[inline]
    pub(super) const fn contain(self, kind: CacheEventKind) -> bool {
        self.0 & 1 << kind as u64 != 0
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[inline]
    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(super) const fn bits(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::CacheEventKind::*;
    use super::*;

    #[test]
    fn every_kind_is_either_an_access_or_a_mutation() {
        for kind in [Hit, Miss, LoadStarted, LoadSucceeded, LoadFailed, StaleServed] {
            assert!(kind.is_access() && !kind.is_mutation(), "{kind:?}");
        }
        for kind in [
            Stored,
            Refreshed,
            Removed,
            Expired,
            Evicted,
            TagInvalidated,
            NamespaceInvalidated,
            PrefixInvalidated,
            Flushed,
        ] {
            assert!(kind.is_mutation() && !kind.is_access(), "{kind:?}");
        }
        assert_eq!(Kinds::ALL, Kinds::ACCESS.or(Kinds::MUTATIONS));
        assert_eq!(Kinds::ALL.bits().count_ones(), 15);
    }
}
