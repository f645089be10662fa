//! Keys written by hand, segment by segment.

use super::{CacheKey, KeySegment, SegmentWriter};

/// Builds a [`CacheKey`] from segments; each is escaped, so user input cannot reach into its neighbour.
///
/// ```
/// use hydracache_runtime::CacheKeyBuilder;
///
/// let key = CacheKeyBuilder::new().tenant(7).entity("user", 42).segment("avatar").build();
/// assert_eq!(key.as_str(), "tenant:7:user:42:avatar");
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct CacheKeyBuilder {
    text: String,
    begun: bool,
}

impl CacheKeyBuilder {
    /// A key without segments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one segment.
    pub fn segment(mut self, value: impl KeySegment) -> Self {
        if self.begun {
            self.text.push(':');
        }
        self.begun = true;
        value.write_segment(&mut SegmentWriter::heap(&mut self.text));
        self
    }

    /// Adds the two segments `name` and `id`.
    pub fn entity(self, name: &str, id: impl KeySegment) -> Self {
        self.segment(name).segment(id)
    }

    /// Adds the two segments `tenant` and `id`.
    pub fn tenant(self, id: impl KeySegment) -> Self {
        self.entity("tenant", id)
    }

    /// The finished key.
    pub fn build(self) -> CacheKey {
        CacheKey::from_text(&self.text)
    }

    /// The finished key as text.
    pub fn build_string(self) -> String {
        self.text
    }
}
