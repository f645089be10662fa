//! Wrong bytes are a miss or an error, never a panic, never another type's value, and nothing is lost.

use bytes::Bytes;
use hydracache_runtime::{ErrorKind, Eviction, HydraCache};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::support::{assert_says, cache, plain};

over_both_stores! {
    each_flipped_bit_is_refused_and_nothing_is_lost,
    bytes_cut_short_or_followed_by_others_are_refused,
    bytes_that_are_no_envelope_are_refused,
    bytes_of_another_type_are_a_miss,
    a_type_of_the_same_shape_is_another_type,
    bytes_of_another_type_stay_until_a_load_replaces_them,
}

/// The bytes of a value, as a cache of the same settings would send them.
async fn bytes_of<T: hydracache_runtime::CacheValue>(value: T) -> Bytes {
    let cache = HydraCache::local().build();
    cache.put("k", value, plain()).await.unwrap();
    cache.get_encoded("k").await.unwrap().unwrap()
}

async fn each_flipped_bit_is_refused_and_nothing_is_lost(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", "kept".to_owned(), plain()).await.unwrap();
    let good = bytes_of("replaced".to_owned()).await;
    let token = cache.fill_token("k").unwrap();
    for bit in 0..good.len() * 8 {
        let mut damaged = good.to_vec();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert_says(cache.put_encoded("k", damaged.clone(), plain()).await, ErrorKind::Decode, &["bytes"]);
        assert_says(cache.fill_encoded(&token, damaged, plain()), ErrorKind::Decode, &["bytes"]);
        assert_eq!(cache.get::<String>("k").await.unwrap().as_deref(), Some("kept"), "bit {bit}");
    }
    cache.put_encoded("k", good, plain()).await.unwrap();
    assert_eq!(cache.get::<String>("k").await.unwrap().as_deref(), Some("replaced"));
}

async fn bytes_cut_short_or_followed_by_others_are_refused(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, plain()).await.unwrap();
    let good = bytes_of(vec![1_u8, 2, 3]).await;
    for len in 0..good.len() {
        assert_says(cache.put_encoded("k", good.slice(..len), plain()).await, ErrorKind::Decode, &["bytes"]);
    }
    for trailing in [&[0_u8][..], b"HC", &good] {
        let long = [&good, trailing].concat();
        assert_says(cache.put_encoded("k", long, plain()).await, ErrorKind::Decode, &["bytes"]);
    }
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
}

async fn bytes_that_are_no_envelope_are_refused(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("k", 1_u8, plain()).await.unwrap();
    assert_says(cache.put_encoded("k", "", plain()).await, ErrorKind::Decode, &["0 bytes"]);
    assert_says(
        cache.put_encoded("k", "{\"a\":1}", plain()).await,
        ErrorKind::Decode,
        &["not bytes of a cache"],
    );
    assert_says(cache.put_encoded("k", vec![0_u8; 4_096], plain()).await, ErrorKind::Decode, &["mark"]);
    assert_says(cache.put_encoded("absent", "x", plain()).await, ErrorKind::Decode, &["bytes"]);
    assert!(!cache.contains_key("absent").await);
    assert_eq!(cache.get::<u8>("k").await.unwrap(), Some(1));
}

async fn bytes_of_another_type_are_a_miss(eviction: Eviction) {
    let cache = cache(eviction);
    let view = cache.typed::<u64>("v");
    let text = bytes_of("text".to_owned()).await;
    for read in 0..5 {
        cache.put_encoded("v:k", text.clone(), plain()).await.unwrap();
        let found = match read {
            0 => cache.get::<u64>("v:k").await.unwrap(),
            1 => cache.get_arc::<u64>("v:k").await.unwrap().map(|value| *value),
            2 => cache.peek::<u64>("v:k").unwrap(),
            3 => cache.fetch::<u64>("v:k").await.unwrap().map(|found| found.value),
            _ => view.get("k").await.unwrap(),
        };
        assert_eq!(found, None, "read {read}");
        assert_eq!(cache.stats().decode_failures, read + 1);
    }
    assert_eq!((cache.stats().misses, cache.stats().hits), (4, 0), "all but the peek");
    assert_eq!(cache.stats().type_mismatches, 0, "the type of mere bytes is not known");
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
struct Pounds(u32);

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
struct Euros(u32);

/// The codec writes no names, so only the fingerprint can tell them apart.
async fn a_type_of_the_same_shape_is_another_type(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put_encoded("k", bytes_of(Pounds(5)).await, plain()).await.unwrap();
    assert_eq!(cache.get::<Euros>("k").await.unwrap(), None);
    assert_eq!(cache.stats().decode_failures, 1);
    cache.put_encoded("k", bytes_of(Pounds(5)).await, plain()).await.unwrap();
    assert_eq!(cache.get::<Pounds>("k").await.unwrap(), Some(Pounds(5)));
}

async fn bytes_of_another_type_stay_until_a_load_replaces_them(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put_encoded("k", bytes_of("text".to_owned()).await, plain()).await.unwrap();
    assert_eq!(cache.get::<u64>("k").await.unwrap(), None);
    assert_eq!(cache.get::<String>("k").await.unwrap().as_deref(), Some("text"));
    assert_eq!(cache.get_or_insert_with("k", plain(), || async { 7_u64 }).await.unwrap(), 7);
    assert_eq!(cache.get::<u64>("k").await.unwrap(), Some(7));
}

/// One change to bytes that were good.
#[derive(Debug, Clone)]
enum Mutation {
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Cut(prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
    Append(Vec<u8>),
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let at = |index: &prop::sample::Index, bytes: &[u8]| index.index(bytes.len().max(1));
        match self {
            Self::Append(more) => bytes.extend(more),
            _ if bytes.is_empty() => {}
            Self::Set(index, byte) => {
                let at = at(index, bytes);
                bytes[at] = *byte;
            }
            Self::Insert(index, byte) => bytes.insert(at(index, bytes), *byte),
            Self::Remove(index) => drop(bytes.remove(at(index, bytes))),
            Self::Cut(index) => bytes.truncate(at(index, bytes)),
            Self::Swap(one, other) => {
                let (one, other) = (at(one, bytes), at(other, bytes));
                bytes.swap(one, other);
            }
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        (index(), any::<u8>()).prop_map(|(index, byte)| Mutation::Set(index, byte)),
        (index(), any::<u8>()).prop_map(|(index, byte)| Mutation::Insert(index, byte)),
        index().prop_map(Mutation::Remove),
        index().prop_map(Mutation::Cut),
        (index(), index()).prop_map(|(one, other)| Mutation::Swap(one, other)),
        prop::collection::vec(any::<u8>(), 1..20).prop_map(Mutation::Append),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_envelope_is_never_stored(
        value in prop::collection::vec(any::<u16>(), 0..40),
        mutations in prop::collection::vec(mutation(), 1..5),
    ) {
        let cache = HydraCache::local().build();
        cache.put("k", value, plain()).local().unwrap();
        let good = crate::support::ready(cache.get_encoded("k")).unwrap().unwrap();
        let mut bytes = good.to_vec();
        for mutation in &mutations {
            mutation.apply(&mut bytes);
        }
        prop_assume!(bytes != good);
        let refused = cache.put_encoded("k", bytes, plain()).local();
        prop_assert_eq!(refused.unwrap_err().kind(), ErrorKind::Decode);
        prop_assert_eq!(crate::support::ready(cache.get_encoded("k")).unwrap().unwrap(), good);
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let cache = HydraCache::local().build();
        prop_assert!(cache.put_encoded("k", bytes, plain()).local().is_err());
        prop_assert!(!crate::support::ready(cache.contains_key("k")));
    }
}
