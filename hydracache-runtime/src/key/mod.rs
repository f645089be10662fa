//! Keys: text made of escaped segments, hashed once, short ones kept inline.

mod buffer;
mod builder;
mod foreign;
mod segment;

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};

use equivalent::Equivalent;
use smol_str::SmolStr;

pub use buffer::KeyBuf;
pub use builder::CacheKeyBuilder;
pub use segment::{KeySegment, SegmentWriter};

pub(crate) use segment::escape_into;

use crate::error::{Error, ErrorKind};

/// The longest key a cache accepts, in bytes.
pub const MAX_KEY_BYTES: usize = 1024;

/// The name of one entry in a cache: segments joined by `:`, escaped so that different segment lists never meet.
///
/// Make one with [`CacheKeyBuilder`] or with the `key` function of an annotated function's handle. Every method of
/// [`HydraCache`](crate::HydraCache) that takes a key takes plain text as well. Up to 23 bytes live inside the
/// key itself; longer text is shared, so that cloning a key never allocates.
///
/// ```
/// use hydracache_runtime::CacheKeyBuilder;
///
/// let one = CacheKeyBuilder::new().segment("a:b").segment("c").build();
/// let other = CacheKeyBuilder::new().segment("a").segment("b:c").build();
/// assert_ne!(one, other);
/// assert_eq!(one.as_str(), "a%3Ab:c");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey(SmolStr);

impl CacheKey {
    /// The key as text, segments escaped.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn from_text(text: &str) -> Self {
        Self(SmolStr::new(text))
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl AsRef<str> for CacheKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for CacheKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<CacheKey> for String {
    fn from(key: CacheKey) -> Self {
        key.0.into()
    }
}

/// A borrowed key together with its hash, as a [`Store`](crate::Store) is asked for it.
///
/// The hash is computed once per call by the cache and shared by the store and the flight table. Its `Hash`
/// implementation feeds exactly that number to the hasher; use a hasher that passes it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRef<'a> {
    hash: u64,
    text: &'a str,
}

impl<'a> KeyRef<'a> {
    pub(crate) fn new(hash: u64, text: &'a str) -> Self {
        Self { hash, text }
    }

    /// The hash of the text, keyed per cache.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The text of the key.
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    pub(crate) fn to_cache_key(self) -> CacheKey {
        CacheKey::from_text(self.text)
    }

    /// The owned form, for a store that is about to insert.
    pub fn to_owned(&self) -> StoreKey {
        StoreKey { hash: self.hash, text: SmolStr::new(self.text) }
    }
}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// An owned key together with its hash, as a [`Store`](crate::Store) keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreKey {
    hash: u64,
    text: SmolStr,
}

impl StoreKey {
    /// The borrowed form.
    pub fn as_ref(&self) -> KeyRef<'_> {
        KeyRef { hash: self.hash, text: &self.text }
    }

    /// The text of the key.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn to_cache_key(&self) -> CacheKey {
        CacheKey(self.text.clone())
    }
}

/// Lets a table of owned keys be searched with a borrowed one, in `hashbrown` and what is built on it.
impl Equivalent<StoreKey> for KeyRef<'_> {
    fn equivalent(&self, key: &StoreKey) -> bool {
        *self == key.as_ref()
    }
}

impl Hash for StoreKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Whether `text` begins with the segments of `outer` and goes on.
pub(crate) fn lies_under(text: &str, outer: &str) -> bool {
    text.strip_prefix(outer).is_some_and(|rest| rest.starts_with(':'))
}

/// Whether a key is the prefix itself or continues it with a further segment.
pub(crate) fn covers(prefix: &str, key: &str) -> bool {
    key == prefix || lies_under(key, prefix)
}

/// Checks the length limit of a key.
#[inline]
pub(crate) fn check_key(text: &str) -> Result<(), Error> {
    if text.len() <= MAX_KEY_BYTES { Ok(()) } else { Err(too_long(text)) }
}

#[cold]
fn too_long(text: &str) -> Error {
    Error::new(
        ErrorKind::KeyTooLong,
        format!(
            "the key is {} bytes long and at most {MAX_KEY_BYTES} are allowed; it begins with `{}`; \
             use a digest of the long part as the segment",
            text.len(),
            preview(text),
        ),
    )
}

/// The first characters of a text that is too long to show.
pub(crate) fn preview(text: &str) -> String {
    text.chars().take(48).collect()
}
