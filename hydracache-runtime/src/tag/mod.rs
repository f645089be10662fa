//! Tags: names by which many entries are invalidated at once, in constant time.

mod cell;
mod set;
mod table;

use std::fmt;

use smol_str::SmolStr;

pub(crate) use cell::{Cells, TagCell};
pub use set::TagSet;
pub(crate) use table::TagTable;

use crate::error::{Error, ErrorKind};
use crate::key::{KeySegment, SegmentWriter, preview};

/// The longest tag a cache accepts, in bytes.
pub const MAX_TAG_BYTES: usize = 256;

/// How many tags one entry may carry.
pub const MAX_TAGS: usize = 64;

/// A name shared by entries that become wrong together.
///
/// ```
/// use hydracache_runtime::{CacheOptions, Tag};
///
/// let options = CacheOptions::new().tag("users").tag(Tag::entity("user", 42));
/// assert_eq!(options.tag_names().collect::<Vec<_>>(), ["users", "user:42"]);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(SmolStr);

impl Tag {
    /// The tag `name:id`, the id escaped like a segment of a key.
    pub fn entity(name: &str, id: impl KeySegment) -> Self {
        Self::write(|text| {
            name.write_segment(&mut SegmentWriter::heap(text));
            text.push(':');
            id.write_segment(&mut SegmentWriter::heap(text));
        })
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn write(write: impl FnOnce(&mut String)) -> Self {
        let mut text = String::new();
        write(&mut text);
        Self(text.into())
    }

    /// Checks the length limit.
    pub(crate) fn check(&self) -> Result<(), Error> {
        check_text(&self.0)
    }
}

/// Checks the length limit of a tag.
pub(crate) fn check_text(tag: &str) -> Result<(), Error> {
    if tag.len() <= MAX_TAG_BYTES {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::TagTooLong,
        format!(
            "a tag is {} bytes long and at most {MAX_TAG_BYTES} are allowed; it begins with `{}`; use a digest of the \
             long part",
            tag.len(),
            preview(tag),
        ),
    ))
}

/// Checks the number of tags of one entry.
pub(crate) fn check_count(count: usize) -> Result<(), Error> {
    if count <= MAX_TAGS {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::TooManyTags,
        format!(
            "an entry would carry {count} tags and at most {MAX_TAGS} are allowed; \
             give a group of them one tag in common"
        ),
    ))
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl AsRef<str> for Tag {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Tag {
    fn from(text: &str) -> Self {
        Self(SmolStr::new(text))
    }
}

impl From<&String> for Tag {
    fn from(text: &String) -> Self {
        Self(SmolStr::new(text))
    }
}

impl From<String> for Tag {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<std::borrow::Cow<'_, str>> for Tag {
    fn from(text: std::borrow::Cow<'_, str>) -> Self {
        Self(SmolStr::new(text))
    }
}

impl From<&Tag> for Tag {
    fn from(tag: &Tag) -> Self {
        tag.clone()
    }
}
