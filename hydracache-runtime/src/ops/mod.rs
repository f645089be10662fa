//! The operations of a cache on one key, shared by the raw cache, typed views and the handles of functions.
//!
//! What they share stands here; `read.rs` looks and takes, `write.rs` stores and takes out, `load.rs` begins a load where nothing
//! was found.

mod load;
mod read;
mod write;

use crate::call_site::CallSite;
use crate::engine::Engine;
use crate::entry::Entry;
use crate::event::{CacheEventKind, CacheEventOrigin, Count, Counters};
use crate::key::KeyRef;
use crate::sync::Arc;
use crate::tag::TagCell;

pub(crate) use load::{Asked, Look, Service, Started};

/// Through whose eyes a cache is used: who counts, and which namespace entries belong to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ops<'a> {
    pub(crate) engine: &'a Arc<Engine>,
    pub(crate) counters: Option<&'a Arc<Counters>>,
    pub(crate) namespace: Namespace<'a>,
    pub(crate) version: u32,
}

/// The namespace of a view; its cell is looked up only where it is needed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Namespace<'a> {
    None,
    Cell(&'a Arc<TagCell>),
    Of(&'static CallSite),
}

impl<'a> Ops<'a> {
    /// The whole cache, by raw keys.
    pub(crate) fn raw(engine: &'a Arc<Engine>) -> Self {
        Self { engine, counters: None, namespace: Namespace::None, version: 0 }
    }

    #[inline]
    pub(crate) fn count(&self, count: Count) {
        self.engine.count(self.counters, count);
    }

    /// Counts a hit and tells of it.
    #[inline]
    pub(crate) fn hit(&self, key: KeyRef<'_>, entry: &Entry) {
        self.count(Count::Hit);
        self.engine.tell(CacheEventKind::Hit, CacheEventOrigin::Local, key.as_str(), Some(entry));
    }

    fn miss(&self, key: KeyRef<'_>) {
        self.count(Count::Miss);
        self.engine.tell(CacheEventKind::Miss, CacheEventOrigin::Local, key.as_str(), None);
    }

    /// Whether the namespace was cleared after the entry was loaded. An entry that was stored under its raw key does
    /// not carry the namespace itself, so its readers ask.
    #[inline]
    fn overlooks(&self, entry: &Entry) -> bool {
        match self.namespace {
            Namespace::None => false,
            _ if entry.cells.have_namespace() => false,
            Namespace::Cell(cell) => cell.last_invalidated() > entry.stamp,
            Namespace::Of(site) => {
                self.engine.namespace_cell(site.escaped_namespace()).last_invalidated() > entry.stamp
            }
        }
    }

    pub(crate) fn namespace_cell(&self) -> Option<Arc<TagCell>> {
        match self.namespace {
            Namespace::None => None,
            Namespace::Cell(cell) => Some(Arc::clone(cell)),
            Namespace::Of(site) => Some(self.engine.namespace_cell(site.escaped_namespace())),
        }
    }

    /// The entry of `key`, noted as a use.
    #[inline]
    pub(crate) fn look(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.engine.look(key).filter(|entry| !self.overlooks(entry))
    }

    /// The value of `key`, not noted as a use.
    pub(crate) fn glance(&self, key: KeyRef<'_>) -> Option<Arc<Entry>> {
        self.engine.glance(key).filter(|entry| self.shows(entry))
    }

    /// Whether a read that does not load may see the entry.
    fn shows(&self, entry: &Entry) -> bool {
        !self.overlooks(entry) && !entry.stored.is_failure()
    }
}
