//! What a transaction makes invalid, and the methods that say so.

use std::fmt;

use hydracache_runtime::{AtCommit, CommitList};

use crate::cache::DbCache;
use crate::outbox::OutboxRecord;
use crate::transaction::MayHaveHappened;

/// The methods that say what a commit makes invalid, for every type that has [`Invalidations`].
macro_rules! invalidates_methods {
    () => {
        /// The commit invalidates what is cached of one entity, and the lists of its collection.
        pub fn invalidates_entity<E: hydracache_runtime::CacheEntity>(&mut self, id: E::Id) -> &mut Self
        where
            E::Id: Sized,
        {
            self.invalidates_tags(crate::naming::tags_of_write::<E>(&id))
        }

        /// The commit invalidates what carries the tag `name:id` in the namespace.
        pub fn invalidates_entity_named(
            &mut self,
            name: &str,
            id: impl hydracache_runtime::KeySegment,
        ) -> &mut Self {
            self.invalidates_tag(hydracache_runtime::Tag::entity(name, id))
        }

        /// The commit invalidates everything of a collection.
        pub fn invalidates_collection(&mut self, name: &str) -> &mut Self {
            self.invalidates_tag(name)
        }

        /// The commit invalidates what carries a tag of the namespace.
        pub fn invalidates_tag(&mut self, tag: impl AsRef<str>) -> &mut Self {
            self.scope().add(|db| db.stale_tag(tag.as_ref()));
            self
        }

        /// The commit invalidates what carries any of these tags of the namespace.
        pub fn invalidates_tags<I>(&mut self, tags: I) -> &mut Self
        where
            I: IntoIterator,
            I::Item: AsRef<str>,
        {
            tags.into_iter().fold(self, |this, tag| this.invalidates_tag(tag))
        }

        /// The commit takes out the result of a key of the namespace.
        pub fn invalidates_key(&mut self, key: impl AsRef<str>) -> &mut Self {
            self.scope().add(|db| db.stale_key(key.as_ref()));
            self
        }

        /// The commit invalidates the whole namespace.
        pub fn invalidates_all(&mut self) -> &mut Self {
            self.scope().add(DbCache::stale_namespace);
            self
        }

        /// What the commit invalidates so far; more can be added for other caches.
        pub fn invalidations(&self) -> &hydracache_runtime::CommitList {
            &self.scope().list
        }
    };
}

pub(crate) use invalidates_methods;

/// What a transaction makes invalid, for the body of a transaction that is a closure.
///
/// It is kept until the commit: after a rollback nothing is invalidated. `#[invalidates(.., at = commit(..))]` adds to it too.
pub struct Invalidations {
    pub(crate) db: DbCache,
    pub(crate) list: CommitList,
}

impl Invalidations {
    invalidates_methods!();

    pub(crate) fn new(db: &DbCache) -> Self {
        Self { db: db.clone(), list: CommitList::new() }
    }

    fn scope(&self) -> &Self {
        self
    }

    pub(crate) fn add(&self, what: impl FnOnce(&DbCache) -> hydracache_runtime::CacheInvalidation) {
        self.list.add(self.db.cache(), what(&self.db));
    }

    /// What is written beside the data before the commit, where there is an outbox.
    pub(crate) fn outbox_records(&self) -> Vec<OutboxRecord> {
        if self.db.outbox { OutboxRecord::of(&self.list) } else { Vec::new() }
    }

    /// The commit begins.
    pub(crate) fn commits(self) -> MayHaveHappened {
        MayHaveHappened::new(self.list)
    }
}

impl AtCommit for Invalidations {
    fn commit_list(&self) -> &CommitList {
        &self.list
    }
}

impl fmt::Debug for Invalidations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invalidations").field("db", &self.db).field("list", &self.list).finish()
    }
}
