//! What is said of a result besides which one it is: its name, its times, its tags.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use hydracache_runtime::db_support::{Draft, LookAtValue};
use hydracache_runtime::{CacheEntity, CacheOptions, CacheValue, RefreshOptions, Tag, TagSet};

use crate::cache::DbCache;

/// The tags of a value whose type is not named.
type TagsOfValue = fn(&dyn Any) -> Option<TagSet>;

/// What is said of a result, before it is known in which cache it is kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    pub(crate) name: Option<Cow<'static, str>>,
    /// Of the namespace of whichever cache it is.
    pub(crate) tags: Vec<Tag>,
    /// The collections that the result belongs to: a list is invalidated by writes of any of their entities.
    pub(crate) collections: Vec<String>,
    /// Times, and tags of no namespace.
    pub(crate) options: CacheOptions,
    pub(crate) refresh: Option<RefreshOptions>,
    pub(crate) of_value: Option<TagsOfValue>,
}

impl Terms {
    /// Says that a value which is an `E` has the tags it says itself.
    pub(crate) fn tagged_by<E: CacheEntity + 'static>(&mut self) {
        self.of_value = Some(|value| value.downcast_ref::<E>().map(E::cache_tags));
    }

    /// The options in a cache.
    pub(crate) fn options_in(&self, db: &DbCache) -> CacheOptions {
        self.options.clone().tags(self.tags.iter().map(|tag| db.tag(tag.as_str())))
    }

    /// What is said of a value that may not exist, once it is known.
    pub(crate) fn look_at_row<T: CacheValue>(&self, db: &DbCache) -> LookAtValue<Option<T>> {
        let (of_value, db) = (self.of_value, db.clone());
        Arc::new(move |row: &Option<T>, draft: &mut Draft| {
            draft.none(row.is_none());
            let tags = row.as_ref().zip(of_value).and_then(|(value, of_value)| of_value(value));
            if let Some(tags) = tags {
                draft.tags(tags.into_iter().map(|tag| db.tag(tag.as_str())));
            }
        })
    }
}

/// The methods by which terms are said, for every type that has some.
macro_rules! terms_methods {
    () => {
        /// Names the read, for errors and logs.
        pub fn with_name(mut self, name: impl Into<std::borrow::Cow<'static, str>>) -> Self {
            self.terms_mut().name = Some(name.into());
            self
        }

        /// Lets the result be invalidated with a tag of the namespace.
        pub fn tag(mut self, tag: impl Into<hydracache_runtime::Tag>) -> Self {
            self.terms_mut().tags.push(tag.into());
            self
        }

        /// Lets the result be invalidated with any of these tags of the namespace.
        pub fn tags<I>(mut self, tags: I) -> Self
        where
            I: IntoIterator,
            I::Item: Into<hydracache_runtime::Tag>,
        {
            self.terms_mut().tags.extend(tags.into_iter().map(Into::into));
            self
        }

        /// Lets the result be invalidated with any tag of a set, in the namespace.
        pub fn tag_set(self, tags: hydracache_runtime::TagSet) -> Self {
            self.tags(tags)
        }

        /// Lets the result be invalidated with a collection; a list also with every write of one of its entities.
        pub fn collection_tag(mut self, name: &str) -> Self {
            self.terms_mut().collections.push(name.to_owned());
            self.tag(name)
        }

        /// Lets the result be invalidated with a tag of the whole cache, whatever the namespace, as
        /// [`HydraCache::invalidate_tag`](hydracache_runtime::HydraCache::invalidate_tag) does.
        pub fn global_tag(mut self, tag: impl Into<hydracache_runtime::Tag>) -> Self {
            let terms = self.terms_mut();
            terms.options = std::mem::take(&mut terms.options).tag(tag);
            self
        }

        /// Lets the result expire this long after its load began. Zero is refused when it is read.
        pub fn ttl(mut self, ttl: std::time::Duration) -> Self {
            let terms = self.terms_mut();
            terms.options = std::mem::take(&mut terms.options).ttl(ttl);
            self
        }

        /// Lets the result live until it is invalidated or evicted, whatever the cache's default says.
        pub fn no_ttl(mut self) -> Self {
            let terms = self.terms_mut();
            terms.options = std::mem::take(&mut terms.options).no_ttl();
            self
        }

        /// Gives a row that does not exist a time to live of its own.
        pub fn none_ttl(mut self, ttl: std::time::Duration) -> Self {
            let terms = self.terms_mut();
            terms.options = std::mem::take(&mut terms.options).none_ttl(ttl);
            self
        }

        /// Hands a row that does not exist out without remembering that.
        pub fn skip_none(mut self) -> Self {
            let terms = self.terms_mut();
            terms.options = std::mem::take(&mut terms.options).skip_none();
            self
        }

        /// Shortens the time to live of each entry by up to this many percent of its own.
        pub fn jitter(mut self, percent: u8) -> Self {
            let terms = self.terms_mut();
            terms.options = std::mem::take(&mut terms.options).jitter(percent);
            self
        }

        /// Says how old results and slow or failing loads are treated.
        pub fn refresh_policy(mut self, refresh: $crate::RefreshPolicy) -> Self {
            self.terms_mut().refresh = Some(refresh);
            self
        }
    };
}

/// The policies to begin with, for every type that is one.
macro_rules! preset_methods {
    () => {
        /// Nothing said: the times are the cache's own.
        pub fn new() -> Self {
            Self::default()
        }

        /// A policy with a name, and otherwise nothing said.
        pub fn named(name: impl Into<std::borrow::Cow<'static, str>>) -> Self {
            Self::new().with_name(name)
        }

        /// Thirty seconds: takes the top off bursts of reads.
        pub fn short_lived() -> Self {
            Self::new().ttl(std::time::Duration::from_secs(30))
        }

        /// Five minutes: for data that changes rarely and is invalidated when it does.
        pub fn read_mostly() -> Self {
            Self::new().ttl(std::time::Duration::from_secs(300))
        }

        /// Five minutes: for a result that is one entity.
        pub fn per_entity() -> Self {
            Self::new().ttl(std::time::Duration::from_secs(300))
        }

        /// No time to live: only invalidation and the capacity of the cache end an entry.
        pub fn no_ttl_explicit_invalidation() -> Self {
            Self::new().no_ttl()
        }

        /// Thirty seconds: for rows that often do not exist, whose absence is worth remembering for a moment.
        pub fn negative_cache() -> Self {
            Self::new().ttl(std::time::Duration::from_secs(30))
        }
    };
}

pub(crate) use {preset_methods, terms_methods};
