//! What a caller may say about one entry.

use std::time::Duration;

use smallvec::SmallVec;

use crate::tag::{Tag, TagSet};

/// How long an entry stays fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Ttl {
    /// As the cache says.
    #[default]
    Inherited,
    /// Until it is invalidated or evicted.
    Unlimited,
    /// This long, counted from the start of its load.
    Limited(Duration),
}

/// The settings of one entry: its time to live, its tags, its weight.
///
/// Nothing is checked here; an operation that is given impossible options says so and stores nothing.
///
/// ```
/// use std::time::Duration;
/// use hydracache_runtime::CacheOptions;
///
/// let options = CacheOptions::new().ttl(Duration::from_secs(60)).tag("users").tags(["user:42"]);
/// assert_eq!(options.tag_names().collect::<Vec<_>>(), ["users", "user:42"]);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "options do nothing until they are passed to an operation"]
pub struct CacheOptions {
    pub(crate) ttl: Ttl,
    pub(crate) tags: SmallVec<[Tag; 2]>,
    pub(crate) weight: Option<u32>,
}

impl CacheOptions {
    /// The cache's own time to live, no tags, weight found by the cache.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the entry expire this long after its load began. Zero is refused when it is used.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Ttl::Limited(ttl);
        self
    }

    /// Lets the entry live until it is invalidated or evicted, whatever the cache's default says.
    pub fn no_ttl(mut self) -> Self {
        self.ttl = Ttl::Unlimited;
        self
    }

    /// Adds a tag.
    pub fn tag(mut self, tag: impl Into<Tag>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Adds tags to those that are there.
    pub fn tags<I>(mut self, tags: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Tag>,
    {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// Adds the tags of a set to those that are there.
    pub fn tag_set(self, tags: TagSet) -> Self {
        self.tags(tags)
    }

    /// Says what the entry weighs in a cache bounded in bytes, instead of its encoded size.
    pub fn weight(mut self, bytes: u32) -> Self {
        self.weight = Some(bytes);
        self
    }

    /// The tags so far, in the order they were added.
    pub fn tag_names(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().map(Tag::as_str)
    }
}
