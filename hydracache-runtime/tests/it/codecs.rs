//! Codecs of one's own, and bytes that another codec wrote.

use std::sync::Arc;

use hydracache_runtime::{CacheCodec, CodecError, ErrorKind, Eviction, HydraCache, PostcardCodec, ReadValue};
use serde::{Serialize, Serializer};

use crate::support::{assert_says, plain};

over_both_stores! {
    a_codec_of_ones_own_is_used_for_bytes,
    bytes_of_a_foreign_codec_are_a_miss,
    bytes_left_over_after_a_value_are_a_miss,
    a_codec_that_reads_nothing_is_a_miss,
    a_value_that_the_codec_refuses_is_an_error_and_stays,
    a_memory_only_value_has_no_bytes,
    bytes_are_no_memory_only_value,
}

/// Postcard, each byte changed, so that it cannot be read by postcard.
#[derive(Debug)]
struct Xored(u8);

impl CacheCodec for Xored {
    fn id(&self) -> u8 {
        200
    }

    fn encode(&self, value: &dyn erased_serde::Serialize, out: &mut Vec<u8>) -> Result<(), CodecError> {
        let begin = out.len();
        PostcardCodec.encode(value, out)?;
        out[begin..].iter_mut().for_each(|byte| *byte ^= self.0);
        Ok(())
    }

    fn decode(&self, bytes: &[u8], read: ReadValue<'_>) -> Result<(), CodecError> {
        let plain: Vec<u8> = bytes.iter().map(|byte| byte ^ self.0).collect();
        PostcardCodec.decode(&plain, read)
    }
}

/// Claims to be postcard and adds a byte to each value.
#[derive(Debug)]
struct Padded;

impl CacheCodec for Padded {
    fn id(&self) -> u8 {
        PostcardCodec.id()
    }

    fn encode(&self, value: &dyn erased_serde::Serialize, out: &mut Vec<u8>) -> Result<(), CodecError> {
        PostcardCodec.encode(value, out)?;
        out.push(0);
        Ok(())
    }

    fn decode(&self, _: &[u8], _: ReadValue<'_>) -> Result<(), CodecError> {
        // Reads nothing and says that all is well.
        Ok(())
    }
}

fn with(eviction: Eviction, codec: impl CacheCodec) -> HydraCache {
    HydraCache::local().eviction(eviction).codec(codec).build()
}

async fn a_codec_of_ones_own_is_used_for_bytes(eviction: Eviction) {
    let (one, other) = (with(eviction, Xored(0x5A)), with(eviction, Xored(0x5A)));
    let value = ("Ada".to_owned(), vec![1_u64, 2, 3]);
    one.put("k", value.clone(), plain()).await.unwrap();
    let bytes = one.get_encoded("k").await.unwrap().unwrap();
    assert!(!bytes.windows(3).any(|piece| piece == b"Ada"), "the codec was not asked");
    other.put_encoded("k", bytes, plain()).await.unwrap();
    assert_eq!(other.get::<(String, Vec<u64>)>("k").await.unwrap(), Some(value));
    let mut measured = Vec::new();
    Xored(1).encode(&"text", &mut measured).unwrap();
    assert_eq!(Xored(1).encoded_len(&"text").unwrap(), measured.len());
}

async fn bytes_of_a_foreign_codec_are_a_miss(eviction: Eviction) {
    let (xored, postcard) = (with(eviction, Xored(1)), with(eviction, PostcardCodec));
    for (from, to) in [(&xored, &postcard), (&postcard, &xored)] {
        from.put("k", 7_u32, plain()).await.unwrap();
        let bytes = from.get_encoded("k").await.unwrap().unwrap();
        to.put_encoded("foreign", bytes, plain()).await.unwrap();
        assert_eq!(to.get::<u32>("foreign").await.unwrap(), None);
        assert_eq!(to.stats().decode_failures, 1);
        assert_eq!(to.get_or_insert_with("foreign", plain(), || async { 8_u32 }).await.unwrap(), 8);
    }
}

async fn bytes_left_over_after_a_value_are_a_miss(eviction: Eviction) {
    let (padded, strict) = (with(eviction, Padded), with(eviction, PostcardCodec));
    padded.put("k", 7_u32, plain()).await.unwrap();
    let bytes = padded.get_encoded("k").await.unwrap().unwrap();
    strict.put_encoded("k", bytes, plain()).await.unwrap();
    assert_eq!(strict.get::<u32>("k").await.unwrap(), None);
    assert_eq!(strict.stats().decode_failures, 1);
}

async fn a_codec_that_reads_nothing_is_a_miss(eviction: Eviction) {
    let (postcard, careless) = (with(eviction, PostcardCodec), with(eviction, Padded));
    postcard.put("k", 7_u32, plain()).await.unwrap();
    let bytes = postcard.get_encoded("k").await.unwrap().unwrap();
    careless.put_encoded("k", bytes, plain()).await.unwrap();
    assert_eq!(careless.get::<u32>("k").await.unwrap(), None);
    assert_eq!(careless.stats().decode_failures, 1);
}

/// A value that cannot be written.
#[derive(Debug, Clone)]
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("not on paper"))
    }
}

impl<'de> serde::Deserialize<'de> for Unwritable {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

async fn a_value_that_the_codec_refuses_is_an_error_and_stays(eviction: Eviction) {
    let cache = with(eviction, PostcardCodec);
    cache.put("k", Unwritable, plain()).await.unwrap();
    for _ in 0..2 {
        assert_says(cache.get_encoded("k").await, ErrorKind::Encode, &["Unwritable", "cannot be encoded"]);
        assert!(cache.get::<Unwritable>("k").await.unwrap().is_some());
    }
}

async fn a_memory_only_value_has_no_bytes(eviction: Eviction) {
    let cache = with(eviction, PostcardCodec);
    let handles = cache.typed_memory_only::<Arc<str>>("handles");
    handles.put("k", Arc::from("value"), plain()).await.unwrap();
    let refused = cache.get_encoded("handles:k").await;
    assert_says(refused, ErrorKind::NotEncodable, &["Arc<str>", "memory only", "derive"]);
    assert_eq!(handles.get("k").await.unwrap().as_deref(), Some("value"), "it is still there");
}

async fn bytes_are_no_memory_only_value(eviction: Eviction) {
    let cache = with(eviction, PostcardCodec);
    cache.put("source", 7_u32, plain()).await.unwrap();
    let bytes = cache.get_encoded("source").await.unwrap().unwrap();
    cache.put_encoded("v:k", bytes, plain()).await.unwrap();
    let view = cache.typed_memory_only::<u32>("v");
    assert_eq!(view.get("k").await.unwrap(), None, "a memory-only value is never read from bytes");
    assert_eq!(cache.stats().decode_failures, 1);
}
