//! What travels: one invalidation, who published it, and under which number.

use std::fmt;

use smol_str::SmolStr;

/// What one message invalidates in every cache that receives it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CacheInvalidation {
    /// The entry under this key is removed.
    Key(String),
    /// The entry under this key is no longer fresh; it may still be served where stale values are allowed.
    Expire(String),
    /// Everything that carries this tag is invalid.
    Tag(String),
    /// Everything in this namespace is invalid.
    Namespace(String),
    /// Every entry whose key begins with this text is removed.
    Prefix(String),
    /// Everything is invalid. It stands for whatever its publisher published before it as well.
    Flush,
    /// Nothing is invalid: the message says up to which sequence its publisher has published.
    ///
    /// A receiver notices by it that the last message was lost, which otherwise only the next one would show. It has no
    /// sequence of its own, but repeats that of the message published last, or zero when there was none.
    Position,
}

impl CacheInvalidation {
    /// The key, tag, namespace or prefix, where there is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Key(text)
            | Self::Expire(text)
            | Self::Tag(text)
            | Self::Namespace(text)
            | Self::Prefix(text) => Some(text),
            Self::Flush | Self::Position => None,
        }
    }
}

/// One invalidation as a [`CacheInvalidationBus`](crate::CacheInvalidationBus) carries it.
///
/// A bus passes messages on as they are. It may look at [`publisher`](Self::publisher), [`generation`](Self::generation)
/// and [`sequence`](Self::sequence), for instance to keep messages for those who missed some, and makes up none of them.
///
/// ```
/// use hydracache_runtime::{CacheInvalidation, CacheInvalidationMessage};
///
/// let message = CacheInvalidationMessage::new("node-a", 7, 1, CacheInvalidation::Tag("users".into()));
/// assert_eq!((message.publisher(), message.generation(), message.sequence()), ("node-a", 7, 1));
/// assert_eq!(message.invalidation(), &CacheInvalidation::Tag("users".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CacheInvalidationMessage {
    position: CachePosition,
    invalidation: CacheInvalidation,
}

impl CacheInvalidationMessage {
    /// A message with its number, counted from one within the generation of its publisher.
    ///
    /// A generation must be unique among the incarnations of a publisher: one that began anew at sequence 1 in the
    /// generation it had before would have its messages taken for repetitions. A sequence of zero makes the message
    /// [`unsequenced`](Self::unsequenced).
    pub fn new(
        publisher: impl AsRef<str>,
        generation: u64,
        sequence: u64,
        invalidation: CacheInvalidation,
    ) -> Self {
        Self { position: CachePosition::new(publisher, generation, sequence), invalidation }
    }

    /// A message of a source that cannot count. It is applied by every cache that gets it, and nobody notices when it is
    /// lost.
    ///
    /// ```
    /// use hydracache_runtime::{CacheInvalidation, CacheInvalidationMessage};
    ///
    /// let message = CacheInvalidationMessage::unsequenced("a trigger", CacheInvalidation::Flush);
    /// assert!(!message.is_sequenced());
    /// ```
    pub fn unsequenced(publisher: impl AsRef<str>, invalidation: CacheInvalidation) -> Self {
        Self::new(publisher, 0, 0, invalidation)
    }

    /// The node id of the cache that published the message.
    pub fn publisher(&self) -> &str {
        self.position.publisher()
    }

    /// The incarnation of the publisher.
    pub fn generation(&self) -> u64 {
        self.position.generation
    }

    /// The number of the message, or zero; for [`CacheInvalidation::Position`] that of the message published last.
    pub fn sequence(&self) -> u64 {
        self.position.sequence
    }

    /// Whether the loss of messages of this source can be noticed.
    pub fn is_sequenced(&self) -> bool {
        self.position.sequence != 0 || self.invalidation == CacheInvalidation::Position
    }

    /// Publisher, generation and sequence together.
    pub fn position(&self) -> &CachePosition {
        &self.position
    }

    /// What is invalid.
    pub fn invalidation(&self) -> &CacheInvalidation {
        &self.invalidation
    }

    /// What is invalid, taken out of the message.
    pub fn into_invalidation(self) -> CacheInvalidation {
        self.invalidation
    }

    /// Whether this message has a number of its own, so that it can be asked for again.
    pub(crate) fn is_numbered(&self) -> bool {
        self.position.sequence != 0 && self.invalidation != CacheInvalidation::Position
    }
}

/// How far a publisher has published, or which of its messages something concerns.
///
/// ```
/// use hydracache_runtime::CachePosition;
///
/// let position = CachePosition::new("node-a", 7, 12);
/// assert_eq!(position.to_string(), "sequence 12 of `node-a` in generation 7");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CachePosition {
    publisher: SmolStr,
    generation: u64,
    sequence: u64,
}

impl CachePosition {
    /// The message with that number, which was published in that incarnation of that node.
    pub fn new(publisher: impl AsRef<str>, generation: u64, sequence: u64) -> Self {
        Self { publisher: SmolStr::new(publisher), generation, sequence }
    }

    /// The node id of the publisher.
    pub fn publisher(&self) -> &str {
        &self.publisher
    }

    /// The incarnation of the publisher.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The number of the message, counted from one in each generation.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The publisher, to be kept without copying its text.
    pub(super) fn publisher_name(&self) -> &SmolStr {
        &self.publisher
    }
}

impl fmt::Display for CachePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { publisher, generation, sequence } = self;
        write!(f, "sequence {sequence} of `{publisher}` in generation {generation}")
    }
}
