//! The number by which a tag invalidates every entry that carries it.

use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::planted::{PlantedBug, planted};
use crate::sync::{Arc, AtomicU64, Ordering};

/// One tag or namespace in use: when it was last invalidated, on the clock of sequence numbers of its cache.
///
/// Entries share the cell. An entry is valid while no cell of it holds a number above the entry's stamp.
#[derive(Debug)]
pub(crate) struct TagCell {
    text: SmolStr,
    hash: u64,
    last_invalidated: AtomicU64,
}

impl TagCell {
    pub(super) fn new(text: &str, hash: u64, last_invalidated: u64) -> Self {
        Self { text: SmolStr::new(text), hash, last_invalidated: AtomicU64::new(last_invalidated) }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    /// The number of the latest invalidation. `Acquire` pairs with the `Release` of [`raise`](Self::raise).
    #[inline]
    pub(crate) fn last_invalidated(&self) -> u64 {
        self.last_invalidated.load(Ordering::Acquire)
    }

    /// Notes an invalidation; a smaller number that arrives late changes nothing.
    pub(super) fn raise(&self, seq: u64) {
        self.last_invalidated.fetch_max(seq, Ordering::Release);
    }
}

/// The cells an entry or a load depends on: its tags and, where it has one, its namespace.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cells {
    tags: SmallVec<[Arc<TagCell>; 2]>,
    namespace: Option<Arc<TagCell>>,
}

impl Cells {
    pub(crate) fn new(namespace: Option<Arc<TagCell>>) -> Self {
        Self { tags: SmallVec::new(), namespace }
    }

    #[inline]
    pub(crate) fn have_namespace(&self) -> bool {
        self.namespace.is_some()
    }

    /// Adds a tag unless it is there already.
    pub(crate) fn push(&mut self, cell: Arc<TagCell>) {
        if !self.tags.iter().any(|known| Arc::ptr_eq(known, &cell)) {
            self.tags.push(cell);
        }
    }

    /// Whether nothing here was invalidated after `stamp`.
    #[inline]
    pub(crate) fn hold_since(&self, stamp: u64) -> bool {
        if planted(PlantedBug::NoStampCheck) {
            return true;
        }
        self.namespace.as_ref().is_none_or(|cell| cell.last_invalidated() <= stamp)
            && self.tags.iter().all(|cell| cell.last_invalidated() <= stamp)
    }

    /// The question a joiner must not ask; see [`PlantedBug::JoinerChecksArrival`].
    pub(crate) fn last_raised_within(&self, after: u64, until: u64) -> bool {
        self.tags.iter().any(|cell| (after + 1..=until).contains(&cell.last_invalidated()))
    }

    pub(crate) fn tag_names(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().map(|cell| cell.text())
    }

    pub(crate) fn tag_count(&self) -> usize {
        self.tags.len()
    }
}
