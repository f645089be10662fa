//! The byte form of a message, for transports that leave the process.

use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_64;

use super::message::{CacheInvalidation, CacheInvalidationMessage};
use crate::error::{CacheResult, Error, ErrorKind};
use crate::key::{MAX_KEY_BYTES, preview};
use crate::tag::MAX_TAG_BYTES;

const MAGIC: [u8; 4] = *b"HCIV";
const FORMAT: u8 = 1;
/// Magic, format, kind, checksum, generation and sequence.
const HEADER: usize = 4 + 1 + 1 + 8 + 8 + 8;
const CHECKSUM: std::ops::Range<usize> = 6..14;
/// Names of clusters and of nodes.
const MAX_NAME_BYTES: usize = 255;

/// A [`CacheInvalidationMessage`] and the cluster it belongs to, as they travel in bytes.
///
/// The bytes are: the magic `HCIV`, a format version, the kind of the invalidation, a checksum, generation and
/// sequence, then the name of the cluster, the publisher, and the key, tag, namespace or prefix, each behind its length.
/// Numbers are little-endian. The checksum covers all the rest; it notices damage, and is no protection against somebody
/// who makes frames. One message has exactly one byte form.
///
/// Names of clusters and nodes may take 255 bytes, keys, namespaces and prefixes
/// [`MAX_KEY_BYTES`], tags [`MAX_TAG_BYTES`].
///
/// ```
/// use hydracache_runtime::{CacheInvalidation, CacheInvalidationFrame, CacheInvalidationMessage};
///
/// # fn main() -> hydracache_runtime::CacheResult<()> {
/// let message = CacheInvalidationMessage::new("node-a", 7, 1, CacheInvalidation::Flush);
/// let bytes = CacheInvalidationFrame::new("orders", message.clone()).encode()?;
/// assert_eq!(CacheInvalidationFrame::decode_for("orders", &bytes)?, message);
/// assert!(CacheInvalidationFrame::decode_for("payments", &bytes).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheInvalidationFrame {
    cluster: String,
    message: CacheInvalidationMessage,
}

impl CacheInvalidationFrame {
    /// A message of a cluster.
    pub fn new(cluster: impl Into<String>, message: CacheInvalidationMessage) -> Self {
        Self { cluster: cluster.into(), message }
    }

    /// The cluster that the message belongs to.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// The message.
    pub fn message(&self) -> &CacheInvalidationMessage {
        &self.message
    }

    /// The message, taken out of the frame.
    pub fn into_message(self) -> CacheInvalidationMessage {
        self.message
    }

    /// The byte form.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Encode`] if a text is longer than a frame may carry.
    pub fn encode(&self) -> CacheResult<Bytes> {
        encode(&self.cluster, &self.message)
    }

    /// Reads a frame from bytes that anybody may have sent. O(length); it takes no memory before the checksum holds.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`], saying what is wrong, unless the bytes are exactly one frame of this format.
    pub fn decode(bytes: &[u8]) -> CacheResult<Self> {
        decode(bytes).map_err(|what| {
            Error::new(ErrorKind::Decode, format!("these are not bytes of an invalidation: {what}"))
        })
    }

    /// Reads the message of a frame that must belong to `cluster`.
    ///
    /// # Errors
    ///
    /// Those of [`decode`](Self::decode), and [`ErrorKind::Decode`] for a frame of another cluster.
    pub fn decode_for(cluster: &str, bytes: &[u8]) -> CacheResult<CacheInvalidationMessage> {
        let frame = Self::decode(bytes)?;
        if frame.cluster == cluster {
            return Ok(frame.message);
        }
        let message = format!(
            "this invalidation belongs to the cluster `{}`, not to `{}`",
            preview(&frame.cluster),
            preview(cluster)
        );
        Err(Error::new(ErrorKind::Decode, message))
    }
}

/// The byte form of a message of a cluster.
pub(super) fn encode(cluster: &str, message: &CacheInvalidationMessage) -> CacheResult<Bytes> {
    let invalidation = message.invalidation();
    let kind = kind(invalidation);
    let text = invalidation.text().unwrap_or_default();
    let mut out = Vec::with_capacity(HEADER + 4 + cluster.len() + message.publisher().len() + text.len());
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[FORMAT, kind]);
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&message.generation().to_le_bytes());
    out.extend_from_slice(&message.sequence().to_le_bytes());
    let texts = [
        ("name of a cluster", cluster, MAX_NAME_BYTES),
        ("node id", message.publisher(), MAX_NAME_BYTES),
        (named(kind), text, max_len(kind)),
    ];
    for (what, text, max) in texts {
        check_len(what, text.len(), max).map_err(|what| Error::new(ErrorKind::Encode, what))?;
        let len = u16::try_from(text.len()).expect("every limit is below that of the type");
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(text.as_bytes());
    }
    let checksum = checksum(&out);
    out[CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
    Ok(Bytes::from(out))
}

fn decode(bytes: &[u8]) -> Result<CacheInvalidationFrame, String> {
    if bytes.len() < HEADER {
        return Err(format!("{} bytes are less than the {HEADER} it begins with", bytes.len()));
    }
    if bytes[..4] != MAGIC {
        return Err("they do not begin with its mark".into());
    }
    if bytes[4] != FORMAT {
        return Err(format!("they are of format {}, and this version reads {FORMAT}", bytes[4]));
    }
    if checksum(bytes).to_le_bytes() != bytes[CHECKSUM] {
        return Err("their checksum does not hold, so they were cut or damaged on the way".into());
    }
    let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
    let (kind, generation, sequence) = (bytes[5], number(14), number(22));
    let mut rest = &bytes[HEADER..];
    let cluster = take_text(&mut rest, "name of a cluster", MAX_NAME_BYTES)?;
    let publisher = take_text(&mut rest, "node id", MAX_NAME_BYTES)?;
    let text = take_text(&mut rest, named(kind), max_len(kind))?;
    if !rest.is_empty() {
        return Err(format!("{} bytes are left over after it", rest.len()));
    }
    let message = CacheInvalidationMessage::new(publisher, generation, sequence, invalidation(kind, text)?);
    Ok(CacheInvalidationFrame { cluster: cluster.to_owned(), message })
}

/// The next text and its length, taken from the front of what is left.
fn take_text<'a>(rest: &mut &'a [u8], what: &str, max: usize) -> Result<&'a str, String> {
    let cut = || format!("they end within the {what}");
    let (len, behind) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
    let len = usize::from(u16::from_le_bytes(*len));
    check_len(what, len, max)?;
    let (text, behind) = behind.split_at_checked(len).ok_or_else(cut)?;
    *rest = behind;
    std::str::from_utf8(text).map_err(|_| format!("the {what} is not text"))
}

fn check_len(what: &str, len: usize, max: usize) -> Result<(), String> {
    if len <= max { Ok(()) } else { Err(format!("the {what} has {len} bytes, and {max} is the most")) }
}

/// What the kinds are called in bytes. A number is never used for anything else, because older versions still know it.
fn kind(invalidation: &CacheInvalidation) -> u8 {
    match invalidation {
        CacheInvalidation::Key(_) => 1,
        CacheInvalidation::Expire(_) => 2,
        CacheInvalidation::Tag(_) => 3,
        CacheInvalidation::Namespace(_) => 4,
        CacheInvalidation::Prefix(_) => 5,
        CacheInvalidation::Flush => 6,
        CacheInvalidation::Position => 7,
    }
}

fn invalidation(kind: u8, text: &str) -> Result<CacheInvalidation, String> {
    Ok(match kind {
        1 => CacheInvalidation::Key(text.into()),
        2 => CacheInvalidation::Expire(text.into()),
        3 => CacheInvalidation::Tag(text.into()),
        4 => CacheInvalidation::Namespace(text.into()),
        5 => CacheInvalidation::Prefix(text.into()),
        6 => CacheInvalidation::Flush,
        7 => CacheInvalidation::Position,
        _ => return Err(format!("the kind {kind} is not known to this version")),
    })
}

fn named(kind: u8) -> &'static str {
    match kind {
        1 | 2 => "key",
        3 => "tag",
        4 => "namespace",
        5 => "prefix",
        _ => "text",
    }
}

/// The most bytes of text that a kind carries; an unknown one may carry any, and is refused for being unknown.
fn max_len(kind: u8) -> usize {
    match kind {
        3 => MAX_TAG_BYTES,
        6 | 7 => 0,
        _ => MAX_KEY_BYTES,
    }
}

/// The checksum of everything but the eight bytes it is kept in.
fn checksum(frame: &[u8]) -> u64 {
    xxh3_64(&frame[..CHECKSUM.start]) ^ xxh3_64(&frame[CHECKSUM.end..]).rotate_left(1)
}

#[cfg(test)]
mod tests;
