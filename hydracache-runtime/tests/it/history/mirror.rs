//! What somebody believes of a cache who knows nothing but its events.

use std::collections::{BTreeMap, BTreeSet};

use hydracache_runtime::CacheEventKind::{
    Evicted, Expired, Flushed, NamespaceInvalidated, PrefixInvalidated, Refreshed, Removed, Stored,
    TagInvalidated,
};
use hydracache_runtime::{CacheEvent, CacheEvents, HydraCache};

#[derive(Debug)]
pub(crate) struct Mirror {
    events: CacheEvents,
    /// The keys that are believed to be there, with their tags.
    there: BTreeMap<String, Vec<String>>,
    /// The keys whose events do not say whether they are there.
    unsure: BTreeSet<String>,
    last: u64,
}

impl Mirror {
    pub(crate) fn of(cache: &HydraCache) -> Self {
        let events = cache.subscribe_mutations();
        Self { events, there: BTreeMap::new(), unsure: BTreeSet::new(), last: 0 }
    }

    /// Takes note of what has happened since.
    pub(crate) fn catch_up(&mut self) {
        for event in crate::support::read_all(&mut self.events) {
            assert!(event.sequence() > self.last, "{event:?} came after {}", self.last);
            self.last = event.sequence();
            self.note(&event);
        }
    }

    fn note(&mut self, event: &CacheEvent) {
        if let Some(key) = event.key() {
            self.unsure.remove(key);
            match event.kind() {
                Stored | Refreshed => {
                    self.there.insert(key.to_owned(), event.tags().map(str::to_owned).collect());
                }
                Removed | Expired | Evicted => {
                    let tags = self.there.remove(key);
                    let told: Vec<_> = event.tags().collect();
                    assert!(
                        tags.is_none_or(|tags| tags == told),
                        "{event:?} has other tags than when it was stored"
                    );
                }
                kind => panic!("{kind:?} concerns no key"),
            }
            return;
        }
        match event.kind() {
            TagInvalidated => {
                let tag = event.tag().unwrap();
                self.there.retain(|_, tags| !tags.iter().any(|carried| carried == tag));
            }
            // Whether an entry was stored through the view or under its raw key is not told.
            NamespaceInvalidated => {
                let begin = format!("{}:", event.namespace().unwrap());
                let reached = self.there.keys().filter(|key| key.starts_with(&begin)).cloned();
                self.unsure.extend(reached);
            }
            PrefixInvalidated => {
                let prefix = event.prefix().unwrap();
                self.there.retain(|key, _| !covers(prefix, key));
                self.unsure.retain(|key| !covers(prefix, key));
            }
            Flushed => {
                self.there.clear();
                self.unsure.clear();
            }
            kind => panic!("{kind:?} concerns a key"),
        }
    }

    /// Nobody can tell by events alone whether this key is there, until it is told again.
    pub(crate) fn doubt(&mut self, key: &str) {
        self.unsure.insert(key.to_owned());
    }

    /// Asserts that a key that is there is believed to be there, and, where everything that ended was swept, the reverse.
    #[track_caller]
    pub(crate) fn assert_agrees(&self, key: &str, is_there: bool, swept: bool) {
        let believed = self.there.contains_key(key);
        let agrees = believed == is_there || self.unsure.contains(key) || (believed && !swept);
        assert!(agrees, "`{key}` is there: {is_there}, and by the events: {believed}");
    }
}

/// Whether a key is the prefix or continues it with a segment.
pub(crate) fn covers(prefix: &str, key: &str) -> bool {
    key.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}
