use proptest::prelude::*;

use super::*;

type Make = fn(String) -> CacheInvalidation;

fn message(invalidation: CacheInvalidation) -> CacheInvalidationMessage {
    CacheInvalidationMessage::new("node-a", 7, 12, invalidation)
}

fn frame(invalidation: CacheInvalidation) -> CacheInvalidationFrame {
    CacheInvalidationFrame::new("orders", message(invalidation))
}

/// Changes a frame and makes its checksum hold again, as somebody who makes frames would.
fn resealed(bytes: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    change(&mut bytes);
    let checksum = checksum(&bytes);
    bytes[CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

#[track_caller]
fn assert_refused(bytes: &[u8], because: &str) {
    let error = CacheInvalidationFrame::decode(bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains(because), "`{error}` does not say `{because}`");
}

#[test]
fn what_is_wrong_is_said() {
    let bytes = frame(CacheInvalidation::Key("user:42".into())).encode().unwrap();
    let texts = HEADER;
    let key = texts + 2 + "orders".len() + 2 + "node-a".len();

    assert_refused(b"", "0 bytes are less");
    assert_refused(b"HC\x01\x01 an envelope of a value, which is long", "do not begin with its mark");
    assert_refused(&resealed(&bytes, |bytes| bytes[4] = 2), "of format 2, and this version reads 1");
    assert_refused(&resealed(&bytes, |bytes| bytes[5] = 8), "the kind 8 is not known");
    assert_refused(&resealed(&bytes, |bytes| bytes[5] = 6), "the text has 7 bytes, and 0 is the most");
    assert_refused(&bytes[..bytes.len() - 1], "cut or damaged");
    assert_refused(&resealed(&bytes, |bytes| bytes.truncate(bytes.len() - 1)), "end within the key");
    assert_refused(&resealed(&bytes, |bytes| bytes.truncate(texts + 1)), "end within the name of a cluster");
    assert_refused(&resealed(&bytes, |bytes| bytes.push(0)), "1 bytes are left over");
    assert_refused(&resealed(&bytes, |bytes| bytes[key + 2] = 0xff), "the key is not text");
    let longer = resealed(&bytes, |bytes| bytes[texts..texts + 2].copy_from_slice(&256_u16.to_le_bytes()));
    assert_refused(&longer, "the name of a cluster has 256 bytes, and 255 is the most");
}

#[test]
fn another_clusters_frames_are_told_apart() {
    let bytes = frame(CacheInvalidation::Flush).encode().unwrap();
    assert_eq!(CacheInvalidationFrame::decode(&bytes).unwrap().cluster(), "orders");
    let error = CacheInvalidationFrame::decode_for("payments", &bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.to_string(), "this invalidation belongs to the cluster `orders`, not to `payments`");
}

#[test]
fn texts_at_their_limits_are_carried_and_longer_ones_refused() {
    let of = |len: usize| "x".repeat(len);
    let limits = [
        (CacheInvalidation::Key as Make, MAX_KEY_BYTES),
        (CacheInvalidation::Expire, MAX_KEY_BYTES),
        (CacheInvalidation::Tag, MAX_TAG_BYTES),
        (CacheInvalidation::Namespace, MAX_KEY_BYTES),
        (CacheInvalidation::Prefix, MAX_KEY_BYTES),
    ];
    for (make, limit) in limits {
        let longest = frame(make(of(limit)));
        assert_eq!(CacheInvalidationFrame::decode(&longest.encode().unwrap()).unwrap(), longest);
        let error = frame(make(of(limit + 1))).encode().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode);
        assert!(error.to_string().contains(&format!("has {} bytes, and {limit}", limit + 1)), "{error}");
    }
    let node = |len| CacheInvalidationMessage::new(of(len), 1, 1, CacheInvalidation::Flush);
    assert!(encode(&of(255), &node(255)).is_ok());
    assert_eq!(encode("orders", &node(256)).unwrap_err().kind(), ErrorKind::Encode);
    assert_eq!(encode(&of(256), &node(1)).unwrap_err().kind(), ErrorKind::Encode);
}

fn any_invalidation() -> impl Strategy<Value = CacheInvalidation> {
    prop_oneof![
        ".{0,40}".prop_map(CacheInvalidation::Key),
        ".{0,40}".prop_map(CacheInvalidation::Expire),
        ".{0,40}".prop_map(CacheInvalidation::Tag),
        ".{0,40}".prop_map(CacheInvalidation::Namespace),
        ".{0,40}".prop_map(CacheInvalidation::Prefix),
        Just(CacheInvalidation::Flush),
        Just(CacheInvalidation::Position),
    ]
}

fn any_frame() -> impl Strategy<Value = CacheInvalidationFrame> {
    (".{0,20}", ".{0,20}", any::<u64>(), any::<u64>(), any_invalidation()).prop_map(
        |(cluster, publisher, generation, sequence, invalidation)| {
            let message = CacheInvalidationMessage::new(publisher, generation, sequence, invalidation);
            CacheInvalidationFrame::new(cluster, message)
        },
    )
}

proptest! {
    #[test]
    fn what_was_encoded_is_decoded(frame in any_frame()) {
        prop_assert_eq!(CacheInvalidationFrame::decode(&frame.encode().unwrap()).unwrap(), frame);
    }

    #[test]
    fn every_byte_that_changed_and_every_cut_is_noticed(
        frame in any_frame(), at in any::<prop::sample::Index>(), change in 1..=u8::MAX,
    ) {
        let bytes = frame.encode().unwrap();
        let at = at.index(bytes.len());
        prop_assert!(CacheInvalidationFrame::decode(&bytes[..at]).is_err(), "cut to {} bytes", at);
        let mut damaged = bytes.to_vec();
        damaged[at] ^= change;
        prop_assert!(CacheInvalidationFrame::decode(&damaged).is_err(), "byte {} was changed", at);
    }

    /// Whoever makes frames can only make frames: what decodes at all is the one byte form of what it decodes to.
    #[test]
    fn no_bytes_panic_and_none_decode_to_a_message_with_another_form(
        frame in any_frame(), at in any::<prop::sample::Index>(), change in 1..=u8::MAX, cut in any::<bool>(),
    ) {
        let bytes = resealed(&frame.encode().unwrap(), |bytes| {
            let at = at.index(bytes.len());
            bytes[at] ^= change;
            if cut {
                bytes.truncate(at.max(HEADER));
            }
        });
        if let Ok(decoded) = CacheInvalidationFrame::decode(&bytes) {
            prop_assert_eq!(decoded.encode().unwrap(), bytes);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(CacheInvalidationFrame::decode(&bytes).is_err());
    }
}
