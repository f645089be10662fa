//! One event, as subscribers see it and as the engine describes it.

use std::fmt;

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::kind::{CacheEventKind, CacheEventOrigin};
use crate::key::CacheKey;
use crate::sync::Arc;
use crate::tag::Cells;

/// Something that happened in a cache.
///
/// Cloning shares what is inside. An event holds names and no value: keeping it keeps no entry.
#[derive(Clone)]
pub struct CacheEvent {
    sequence: u64,
    inside: Arc<Inside>,
}

struct Inside {
    kind: CacheEventKind,
    origin: CacheEventOrigin,
    parts: Parts,
}

impl CacheEvent {
    /// An event that has no place in the order yet.
    pub(super) fn new(kind: CacheEventKind, origin: CacheEventOrigin, parts: Parts) -> Self {
        Self { sequence: 0, inside: Arc::new(Inside { kind, origin, parts }) }
    }

    pub(super) fn numbered(self, sequence: u64) -> Self {
        Self { sequence, ..self }
    }

    pub(super) fn concerns(&self) -> &Concerns {
        &self.inside.parts.concerns
    }

    /// What happened.
    pub fn kind(&self) -> CacheEventKind {
        self.inside.kind
    }

    /// What made it happen.
    pub fn origin(&self) -> CacheEventOrigin {
        self.inside.origin
    }

    /// The key of the entry concerned; `None` where many entries are.
    pub fn key(&self) -> Option<&str> {
        match self.concerns() {
            Concerns::Entry { key, .. } => Some(key.as_str()),
            _ => None,
        }
    }

    /// The tag that was invalidated.
    pub fn tag(&self) -> Option<&str> {
        match self.concerns() {
            Concerns::Tag(tag) => Some(tag),
            _ => None,
        }
    }

    /// The tags of the entry concerned, as far as they are known: none where no entry was found.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        let tags: &[SmolStr] = match self.concerns() {
            Concerns::Entry { tags, .. } => tags,
            _ => &[],
        };
        tags.iter().map(SmolStr::as_str)
    }

    /// The namespace that was invalidated, escaped as in the keys that begin with it.
    pub fn namespace(&self) -> Option<&str> {
        match self.concerns() {
            Concerns::Namespace(namespace) => Some(namespace),
            _ => None,
        }
    }

    /// The segments with which the keys of the invalidated entries begin.
    pub fn prefix(&self) -> Option<&str> {
        match self.concerns() {
            Concerns::Prefix(prefix) => Some(prefix),
            _ => None,
        }
    }

    /// The node that published it; `None` unless it came from one.
    pub fn source(&self) -> Option<&str> {
        self.inside.parts.source.as_deref()
    }

    /// Its place among the events of its cache: each has a higher number than those before it.
    ///
    /// A subscriber sees gaps where events happened that it did not ask for. Events of one key come in the order in
    /// which the cache was changed. An [`Evicted`](CacheEventKind::Evicted) that would come too late for that is left out:
    /// its key was stored anew before it could be told.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }
}

impl fmt::Debug for CacheEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("CacheEvent");
        debug
            .field("sequence", &self.sequence)
            .field("kind", &self.inside.kind)
            .field("origin", &self.inside.origin);
        match self.concerns() {
            Concerns::Entry { key, tags } => debug.field("key", key).field("tags", tags),
            Concerns::Tag(tag) => debug.field("tag", tag),
            Concerns::Namespace(namespace) => debug.field("namespace", namespace),
            Concerns::Prefix(prefix) => debug.field("prefix", prefix),
            Concerns::Everything => &mut debug,
        };
        if let Some(source) = self.source() {
            debug.field("source", &source);
        }
        debug.finish()
    }
}

/// What an event tells besides its kind and origin, owned. Built only when somebody wants it.
#[derive(Debug)]
#[must_use = "nobody is told until it is published"]
pub(crate) struct Parts {
    concerns: Concerns,
    source: Option<SmolStr>,
}

/// Which entries an event concerns.
#[derive(Debug)]
pub(super) enum Concerns {
    Entry { key: CacheKey, tags: SmallVec<[SmolStr; 2]> },
    Tag(SmolStr),
    Namespace(SmolStr),
    Prefix(SmolStr),
    Everything,
}

impl Parts {
    /// One entry.
    pub(crate) fn entry(key: CacheKey, cells: &Cells) -> Self {
        Self::of(Concerns::Entry { key, tags: cells.tag_names().map(SmolStr::new).collect() })
    }

    /// A key whose entry is not known.
    pub(crate) fn key(key: CacheKey) -> Self {
        Self::of(Concerns::Entry { key, tags: SmallVec::new() })
    }

    /// All entries with a tag.
    pub(crate) fn tag(tag: &str) -> Self {
        Self::of(Concerns::Tag(tag.into()))
    }

    /// All entries of a namespace, given as the keys begin with it, without the separator.
    pub(crate) fn namespace(escaped: &str) -> Self {
        Self::of(Concerns::Namespace(escaped.into()))
    }

    /// All entries whose key is `prefix` or begins with it and a separator.
    pub(crate) fn prefix(prefix: &str) -> Self {
        Self::of(Concerns::Prefix(prefix.into()))
    }

    /// All entries.
    pub(crate) fn everything() -> Self {
        Self::of(Concerns::Everything)
    }

    /// Adds the node that published it.
    pub(crate) fn published_by(self, source: &str) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    fn of(concerns: Concerns) -> Self {
        Self { concerns, source: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::TagTable;

    fn event(kind: CacheEventKind, parts: Parts) -> CacheEvent {
        CacheEvent::new(kind, CacheEventOrigin::Local, parts).numbered(7)
    }

    #[test]
    fn an_event_of_an_entry_has_its_key_and_its_tags() {
        let table = TagTable::new();
        let mut cells = Cells::default();
        cells.push(table.take("users"));
        cells.push(table.take("team:7"));
        let event = event(CacheEventKind::Stored, Parts::entry(CacheKey::from_text("user:42"), &cells));
        assert_eq!(event.key(), Some("user:42"));
        assert_eq!(event.tags().collect::<Vec<_>>(), ["users", "team:7"]);
        assert_eq!((event.tag(), event.namespace(), event.prefix()), (None, None, None));
        assert_eq!((event.sequence(), event.origin(), event.source()), (7, CacheEventOrigin::Local, None));
    }

    #[test]
    fn an_event_of_many_entries_has_no_key() {
        let tag = event(CacheEventKind::TagInvalidated, Parts::tag("users").published_by("second"));
        assert_eq!((tag.key(), tag.tag(), tag.source()), (None, Some("users"), Some("second")));
        assert_eq!(tag.tags().count(), 0);
        let namespace = event(CacheEventKind::NamespaceInvalidated, Parts::namespace("users"));
        assert_eq!((namespace.namespace(), namespace.tag()), (Some("users"), None));
        assert_eq!(
            event(CacheEventKind::PrefixInvalidated, Parts::prefix("user:7")).prefix(),
            Some("user:7")
        );
        let flushed = event(CacheEventKind::Flushed, Parts::everything());
        assert_eq!(
            (flushed.key(), flushed.tag(), flushed.namespace(), flushed.prefix()),
            (None, None, None, None)
        );
    }

    #[test]
    fn its_debug_form_shows_what_there_is() {
        let stored = event(CacheEventKind::Removed, Parts::key(CacheKey::from_text("user:42")));
        assert_eq!(
            format!("{stored:?}"),
            r#"CacheEvent { sequence: 7, kind: Removed, origin: Local, key: "user:42", tags: [] }"#
        );
        let flushed = event(CacheEventKind::Flushed, Parts::everything().published_by("second"));
        assert_eq!(
            format!("{flushed:?}"),
            r#"CacheEvent { sequence: 7, kind: Flushed, origin: Local, source: "second" }"#
        );
    }
}
