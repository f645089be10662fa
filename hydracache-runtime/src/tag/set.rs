//! A reusable group of tags.

use super::Tag;
use crate::key::KeySegment;

/// Tags that are used together, built from the same facts as a key.
///
/// ```
/// use hydracache_runtime::{CacheOptions, TagSet};
///
/// let tags = TagSet::new().tag("profiles").tenant(7).entity("profile", 42);
/// let options = CacheOptions::new().tag_set(tags);
/// assert_eq!(options.tag_names().collect::<Vec<_>>(), ["profiles", "tenant:7", "profile:42"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "a set of tags does nothing until an entry carries it"]
pub struct TagSet(Vec<Tag>);

impl TagSet {
    /// A set without tags.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one tag.
    pub fn tag(mut self, tag: impl Into<Tag>) -> Self {
        self.0.push(tag.into());
        self
    }

    /// Adds the tag `name:id`.
    pub fn entity(self, name: &str, id: impl KeySegment) -> Self {
        self.tag(Tag::entity(name, id))
    }

    /// Adds the tag `tenant:id`.
    pub fn tenant(self, id: impl KeySegment) -> Self {
        self.entity("tenant", id)
    }
}

impl IntoIterator for TagSet {
    type Item = Tag;
    type IntoIter = std::vec::IntoIter<Tag>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
