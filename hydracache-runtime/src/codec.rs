//! The byte form of a value: what a codec writes, and the envelope that says whose bytes they are.

use std::fmt;

use bytes::Bytes;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::error::{Error, ErrorKind};

/// Turns values into bytes and back, for the moments a byte form is needed.
///
/// A typed hit never passes through a codec. Implementations must consume exactly what they wrote: bytes left over
/// after a value are an error.
pub trait CacheCodec: fmt::Debug + Send + Sync + 'static {
    /// A number of its own for each format; it stands in every envelope. Below 128 is reserved.
    fn id(&self) -> u8;

    /// Appends the bytes of `value` to `out`.
    fn encode(&self, value: &dyn erased_serde::Serialize, out: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Hands a deserializer over all of `bytes` to `read`, and refuses bytes left over.
    fn decode(&self, bytes: &[u8], read: ReadValue<'_>) -> Result<(), CodecError>;

    /// How many bytes `encode` would append.
    fn encoded_len(&self, value: &dyn erased_serde::Serialize) -> Result<usize, CodecError> {
        let mut out = Vec::new();
        self.encode(value, &mut out)?;
        Ok(out.len())
    }
}

/// The step of [`CacheCodec::decode`] that builds the value.
pub type ReadValue<'a> =
    &'a mut dyn FnMut(&mut dyn erased_serde::Deserializer<'_>) -> Result<(), erased_serde::Error>;

/// Why a codec refused a value or its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodecError(String);

impl CodecError {
    /// An error that says `message`.
    pub fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string())
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CodecError {}

/// The default codec: [postcard](https://postcard.jamesmunns.com/), compact and without field names.
#[derive(Debug, Clone, Copy, Default)]
pub struct PostcardCodec;

impl CacheCodec for PostcardCodec {
    fn id(&self) -> u8 {
        1
    }

    fn encode(&self, value: &dyn erased_serde::Serialize, out: &mut Vec<u8>) -> Result<(), CodecError> {
        *out = postcard::to_extend(value, std::mem::take(out)).map_err(CodecError::new)?;
        Ok(())
    }

    fn decode(&self, bytes: &[u8], read: ReadValue<'_>) -> Result<(), CodecError> {
        let mut deserializer = postcard::Deserializer::from_bytes(bytes);
        read(&mut <dyn erased_serde::Deserializer<'_>>::erase(&mut deserializer)).map_err(CodecError::new)?;
        let left = deserializer.finalize().map_err(CodecError::new)?;
        if left.is_empty() {
            return Ok(());
        }
        Err(CodecError::new(format_args!("{} bytes are left over after the value", left.len())))
    }

    fn encoded_len(&self, value: &dyn erased_serde::Serialize) -> Result<usize, CodecError> {
        postcard::serialize_with_flavor(value, postcard::ser_flavors::Size::default())
            .map_err(CodecError::new)
    }
}

const MAGIC: [u8; 2] = *b"HC";
const FORMAT: u8 = 1;
const HEADER: usize = 2 + 1 + 1 + 8 + 8;

/// The number that stands for a type and the version of its function in an envelope.
pub(crate) fn fingerprint(type_name: &str, version: u32) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(type_name.as_bytes());
    hash.update(&version.to_le_bytes());
    hash.digest()
}

/// Wraps the payload that `write` appends.
///
/// Layout: magic `HC`, format, codec id, fingerprint, checksum, payload; numbers little-endian. The checksum covers
/// everything else.
pub(crate) fn seal(
    codec: u8,
    fingerprint: u64,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), CodecError>,
) -> Result<Bytes, CodecError> {
    let mut out = Vec::with_capacity(HEADER + 64);
    out.extend_from_slice(&MAGIC);
    out.push(FORMAT);
    out.push(codec);
    out.extend_from_slice(&fingerprint.to_le_bytes());
    out.extend_from_slice(&[0; 8]);
    write(&mut out)?;
    let checksum = checksum(&out);
    out[HEADER - 8..HEADER].copy_from_slice(&checksum.to_le_bytes());
    Ok(Bytes::from(out))
}

/// An envelope whose magic, format, length and checksum are right.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Envelope<'a> {
    pub(crate) codec: u8,
    pub(crate) fingerprint: u64,
    pub(crate) payload: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Reads an envelope from bytes that anybody may have sent.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        let wrong =
            |what: String| Error::new(ErrorKind::Decode, format!("these are not bytes of a cache: {what}"));
        if bytes.len() < HEADER {
            return Err(wrong(format!("{} bytes are less than the {HEADER} of an envelope", bytes.len())));
        }
        if bytes[..2] != MAGIC {
            return Err(wrong("they do not begin with the mark of an envelope".into()));
        }
        if bytes[2] != FORMAT {
            return Err(wrong(format!("their format is {} and this build reads {FORMAT}", bytes[2])));
        }
        if checksum(bytes).to_le_bytes() != bytes[HEADER - 8..HEADER] {
            return Err(wrong("their checksum does not hold, so they were damaged on the way".into()));
        }
        Ok(Self {
            codec: bytes[3],
            fingerprint: u64::from_le_bytes(std::array::from_fn(|i| bytes[4 + i])),
            payload: &bytes[HEADER..],
        })
    }
}

/// The checksum of everything but the eight bytes it is kept in.
fn checksum(sealed: &[u8]) -> u64 {
    xxh3_64(&sealed[..HEADER - 8]) ^ xxh3_64(&sealed[HEADER..]).rotate_left(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_single_flipped_bit_is_noticed() {
        let sealed = seal(1, 77, |out| PostcardCodec.encode(&("ada", 36_u8), out)).unwrap();
        assert!(Envelope::open(&sealed).is_ok());
        for bit in 0..sealed.len() * 8 {
            let mut damaged = sealed.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(Envelope::open(&damaged).is_err(), "bit {bit} was not noticed");
        }
        for len in 0..sealed.len() {
            assert!(Envelope::open(&sealed[..len]).is_err(), "cut to {len} bytes was not noticed");
        }
    }

    #[test]
    fn bytes_left_over_are_refused() {
        let mut bytes = Vec::new();
        PostcardCodec.encode(&7_u8, &mut bytes).unwrap();
        bytes.push(0);
        let mut read =
            |d: &mut dyn erased_serde::Deserializer<'_>| erased_serde::deserialize::<u8>(d).map(drop);
        assert!(PostcardCodec.decode(&bytes, &mut read).is_err());
    }

    #[test]
    fn the_length_is_counted_without_encoding() {
        let value = ("some text", vec![1_u64, 2, 300_000], Some(true));
        let mut bytes = Vec::new();
        PostcardCodec.encode(&value, &mut bytes).unwrap();
        assert_eq!(PostcardCodec.encoded_len(&value).unwrap(), bytes.len());
    }
}
