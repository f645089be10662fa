//! Which events a subscriber asked for.

use smol_str::SmolStr;

use super::cache_event::{CacheEvent, Concerns};
use super::kind::Kinds;
use crate::key::{covers, lies_under};

/// The kinds, the entries and the part of the keys a subscriber is interested in; an event must pass all three.
#[derive(Debug, Clone)]
#[must_use = "a filter does nothing until somebody subscribes with it"]
pub(crate) struct Filter {
    kinds: Kinds,
    about: About,
    /// What keys begin with, the separator included.
    scope: Option<SmolStr>,
}

#[derive(Debug, Clone)]
enum About {
    Anything,
    Key(SmolStr),
    Tag(SmolStr),
}

impl Filter {
    /// Every event.
    pub(crate) fn all() -> Self {
        Self::of(Kinds::ALL)
    }

    /// Whatever changes what reads return.
    pub(crate) fn mutations() -> Self {
        Self::of(Kinds::MUTATIONS)
    }

    /// Steps of reads and loads.
    pub(crate) fn access() -> Self {
        Self::of(Kinds::ACCESS)
    }

    fn of(kinds: Kinds) -> Self {
        Self { kinds, about: About::Anything, scope: None }
    }

    /// Only events of one key, and invalidations of a namespace, of a prefix or of everything that reach it.
    ///
    /// An invalidated tag is not told: nothing leads from a tag to the keys that carry it.
    pub(crate) fn key(self, key: &str) -> Self {
        Self { about: About::Key(key.into()), ..self }
    }

    /// Only events of entries that carry a tag, its own invalidation and that of everything.
    pub(crate) fn tag(self, tag: &str) -> Self {
        Self { about: About::Tag(tag.into()), ..self }
    }

    /// Only events of keys that begin with `prefix`, which ends in a separator, and invalidations that may reach such
    /// keys. Any tag may.
    pub(crate) fn within(self, prefix: &str) -> Self {
        Self { scope: Some(prefix.into()), ..self }
    }

    pub(super) fn limited_to(self, allowed: Kinds) -> Self {
        Self { kinds: self.kinds.and(allowed), ..self }
    }

    pub(super) fn kinds(&self) -> Kinds {
        self.kinds
    }

    pub(super) fn admits(&self, event: &CacheEvent) -> bool {
        self.kinds.contain(event.kind())
            && match &self.about {
                About::Anything => true,
                About::Key(key) => reaches_key(event, key),
                About::Tag(tag) => reaches_tag(event, tag),
            }
            && self.scope.as_ref().is_none_or(|scope| reaches_scope(event, scope))
    }
}

fn reaches_key(event: &CacheEvent, wanted: &str) -> bool {
    match event.concerns() {
        Concerns::Entry { key, .. } => key.as_str() == wanted,
        Concerns::Namespace(namespace) => lies_under(wanted, namespace),
        Concerns::Prefix(prefix) => covers(prefix, wanted),
        Concerns::Tag(_) => false,
        Concerns::Everything => true,
    }
}

fn reaches_tag(event: &CacheEvent, wanted: &str) -> bool {
    match event.concerns() {
        Concerns::Entry { tags, .. } => tags.iter().any(|tag| tag == wanted),
        Concerns::Tag(tag) => tag == wanted,
        Concerns::Namespace(_) | Concerns::Prefix(_) => false,
        Concerns::Everything => true,
    }
}

fn reaches_scope(event: &CacheEvent, scope: &str) -> bool {
    match event.concerns() {
        Concerns::Entry { key, .. } => key.as_str().starts_with(scope),
        Concerns::Namespace(namespace) => scope.strip_suffix(':') == Some(namespace),
        // Inside of the scope, or around it.
        Concerns::Prefix(prefix) => prefix.starts_with(scope) || lies_under(scope, prefix),
        Concerns::Tag(_) | Concerns::Everything => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::cache_event::Parts;
    use super::super::kind::CacheEventKind::*;
    use super::super::kind::{CacheEventKind, CacheEventOrigin};
    use super::*;
    use crate::key::CacheKey;
    use crate::tag::{Cells, TagTable};

    fn event(kind: CacheEventKind, parts: Parts) -> CacheEvent {
        CacheEvent::new(kind, CacheEventOrigin::Local, parts)
    }

    fn entry(kind: CacheEventKind, key: &str, tags: &[&str]) -> CacheEvent {
        let table = TagTable::new();
        let mut cells = Cells::default();
        for tag in tags {
            cells.push(table.take(tag));
        }
        event(kind, Parts::entry(CacheKey::from_text(key), &cells))
    }

    fn namespace(text: &str) -> CacheEvent {
        event(NamespaceInvalidated, Parts::namespace(text))
    }

    fn prefix(text: &str) -> CacheEvent {
        event(PrefixInvalidated, Parts::prefix(text))
    }

    fn tag(text: &str) -> CacheEvent {
        event(TagInvalidated, Parts::tag(text))
    }

    fn flushed() -> CacheEvent {
        event(Flushed, Parts::everything())
    }

    /// Checks a filter against events that it admits and events that it does not.
    #[track_caller]
    fn check(filter: &Filter, admitted: &[CacheEvent], refused: &[CacheEvent]) {
        for event in admitted {
            assert!(filter.admits(event), "{filter:?} admits {event:?}");
        }
        for event in refused {
            assert!(!filter.admits(event), "{filter:?} refuses {event:?}");
        }
    }

    #[test]
    fn kinds() {
        let stored = || entry(Stored, "user:42", &[]);
        let hit = || entry(Hit, "user:42", &[]);
        check(&Filter::all(), &[stored(), hit(), tag("users"), flushed()], &[]);
        check(&Filter::mutations(), &[stored(), tag("users"), flushed()], &[hit()]);
        check(&Filter::access(), &[hit()], &[stored(), tag("users"), flushed()]);
        check(&Filter::all().limited_to(Kinds::MUTATIONS), &[stored()], &[hit()]);
    }

    #[test]
    fn one_key_and_what_reaches_it() {
        check(
            &Filter::all().key("users:eu:42"),
            &[
                entry(Stored, "users:eu:42", &[]),
                entry(Miss, "users:eu:42", &["users"]),
                namespace("users"),
                namespace("users:eu"),
                prefix("users"),
                prefix("users:eu"),
                prefix("users:eu:42"),
                flushed(),
            ],
            &[
                entry(Stored, "users:eu:421", &[]),
                entry(Stored, "users:eu", &[]),
                namespace("user"),
                namespace("users:eu:42"),
                prefix("users:e"),
                prefix("users:eu:42:x"),
                tag("users"),
            ],
        );
    }

    #[test]
    fn one_tag() {
        check(
            &Filter::all().tag("users"),
            &[entry(Stored, "a", &["users"]), entry(Removed, "b", &["x", "users"]), tag("users"), flushed()],
            &[
                entry(Stored, "users", &[]),
                entry(Stored, "a", &["user"]),
                tag("user"),
                namespace("users"),
                prefix("users"),
            ],
        );
    }

    #[test]
    fn one_namespace() {
        check(
            &Filter::all().within("users:"),
            &[
                entry(Stored, "users:42", &[]),
                entry(Hit, "users:", &[]),
                namespace("users"),
                prefix("users"),
                prefix("users:4"),
                prefix("users:42:avatar"),
                tag("anything"),
                flushed(),
            ],
            &[
                entry(Stored, "users", &[]),
                entry(Stored, "usersx:42", &[]),
                namespace("user"),
                namespace("users:42"),
                prefix("user"),
                prefix("usersx"),
            ],
        );
        let deep = Filter::all().within("a:b:");
        check(
            &deep,
            &[prefix("a"), prefix("a:b"), prefix("a:b:c"), namespace("a:b")],
            &[prefix("a:c"), namespace("a")],
        );
    }

    #[test]
    fn combinations_for_a_typed_view() {
        let within = |filter: Filter| filter.within("users:");
        let (inside, outside) =
            (|kind| entry(kind, "users:42", &["t"]), |kind| entry(kind, "teams:7", &["t"]));
        check(
            &within(Filter::mutations()),
            &[inside(Stored), tag("t"), flushed()],
            &[inside(Hit), outside(Stored)],
        );
        check(
            &within(Filter::access()),
            &[inside(Hit)],
            &[inside(Stored), outside(Hit), tag("t"), flushed()],
        );
        check(
            &within(Filter::all().tag("t")),
            &[inside(Stored), inside(Hit), tag("t"), flushed()],
            &[outside(Stored), tag("u"), entry(Stored, "users:42", &[]), namespace("users")],
        );
        check(
            &within(Filter::all().key("users:42")),
            &[inside(Stored), namespace("users"), prefix("users"), prefix("users:42"), flushed()],
            &[outside(Stored), entry(Stored, "users:4", &[]), tag("t"), prefix("users:4")],
        );
    }
}
