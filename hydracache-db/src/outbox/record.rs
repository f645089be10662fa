//! One row of the outbox.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use hydracache_runtime::{CacheInvalidation, CommitList};

/// What a row of the outbox makes invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutboxKind {
    /// A key of a cache.
    Key,
    /// A key of a cache, whose freshness ends.
    Expire,
    /// A tag of a cache.
    Tag,
    /// A namespace of a cache.
    Namespace,
    /// All keys of a cache that begin with a text.
    Prefix,
    /// A whole cache.
    Flush,
    /// A row of a table: an entity by its tag, and the lists of its collection. Written by triggers, for every namespace.
    Row,
    /// A whole table, by its entity. Written by triggers; it invalidates all of every namespace.
    Table,
}

impl OutboxKind {
    const ALL: [Self; 8] = [
        Self::Key,
        Self::Expire,
        Self::Tag,
        Self::Namespace,
        Self::Prefix,
        Self::Flush,
        Self::Row,
        Self::Table,
    ];

    /// As it is written in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Expire => "expire",
            Self::Tag => "tag",
            Self::Namespace => "namespace",
            Self::Prefix => "prefix",
            Self::Flush => "flush",
            Self::Row => "row",
            Self::Table => "table",
        }
    }

    /// The kind that is written so.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A row of the outbox, before it has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRecord {
    /// What kind of thing is invalid.
    pub kind: OutboxKind,
    /// The name of the cache it is invalid in; none for what a trigger writes.
    pub cache: Option<String>,
    /// The key, tag, namespace, prefix, or entity.
    pub name: String,
    /// The collection whose lists are invalid too, for what a trigger writes.
    pub collection: Option<String>,
}

impl OutboxRecord {
    /// What a commit makes invalid.
    pub(crate) fn of(list: &CommitList) -> Vec<Self> {
        list.items()
            .into_iter()
            .filter_map(|item| {
                let (kind, name) = match item.what {
                    CacheInvalidation::Key(name) => (OutboxKind::Key, name),
                    CacheInvalidation::Expire(name) => (OutboxKind::Expire, name),
                    CacheInvalidation::Tag(name) => (OutboxKind::Tag, name),
                    CacheInvalidation::Namespace(name) => (OutboxKind::Namespace, name),
                    CacheInvalidation::Prefix(name) => (OutboxKind::Prefix, name),
                    CacheInvalidation::Flush => (OutboxKind::Flush, String::new()),
                    // It invalidates nothing.
                    _ => return None,
                };
                Some(Self { kind, cache: Some(item.cache), name, collection: None })
            })
            .collect()
    }

    /// What is written into the columns kind, cache, name, collection and origin.
    pub(crate) fn columns(&self) -> [Option<String>; 5] {
        let Self { kind, cache, name, collection } = self;
        let kind = Some(kind.as_str().to_owned());
        [kind, cache.clone(), Some(name.clone()), collection.clone(), Some(origin().to_owned())]
    }

    /// What it invalidates in its cache; none for what concerns every namespace.
    pub(crate) fn invalidation(&self) -> Option<CacheInvalidation> {
        let name = || self.name.clone();
        Some(match self.kind {
            OutboxKind::Key => CacheInvalidation::Key(name()),
            OutboxKind::Expire => CacheInvalidation::Expire(name()),
            OutboxKind::Tag => CacheInvalidation::Tag(name()),
            OutboxKind::Namespace => CacheInvalidation::Namespace(name()),
            OutboxKind::Prefix => CacheInvalidation::Prefix(name()),
            OutboxKind::Flush => CacheInvalidation::Flush,
            OutboxKind::Row | OutboxKind::Table => return None,
        })
    }
}

/// Names this run of this process, so that it recognises its own rows.
pub(crate) fn origin() -> &'static str {
    static ORIGIN: LazyLock<String> = LazyLock::new(|| {
        let random = || RandomState::new().hash_one(std::process::id());
        format!("{:016x}{:016x}", random(), random())
    });
    &ORIGIN
}

/// Whether a commit of this process has ended without anybody knowing whether it has happened. From then on the rows of this
/// process are read like those of others: they are there exactly if it has.
static IN_DOUBT: AtomicBool = AtomicBool::new(false);

/// Notes that nobody knows whether a commit has happened.
pub(crate) fn note_doubt() {
    IN_DOUBT.store(true, Ordering::Release);
}

/// Whether a row was written by this process, whose commits have done what it says.
#[cfg_attr(not(feature = "sqlx"), allow(dead_code, reason = "what writes the outbox does not read it"))]
pub(crate) fn is_done(by: &str) -> bool {
    by == origin() && !IN_DOUBT.load(Ordering::Acquire)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_read_as_it_is_written() {
        for kind in OutboxKind::ALL {
            assert_eq!(OutboxKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(OutboxKind::parse("order"), None);
    }
}
