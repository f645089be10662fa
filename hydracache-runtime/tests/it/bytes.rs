//! The byte form of values: made once, when asked for, and read back in another cache.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use hydracache_runtime::{Eviction, HydraCache};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::support::{cache, plain, seconds, tagged, timed};

over_both_stores! {
    bytes_of_one_cache_are_a_value_in_another,
    values_of_many_shapes_survive,
    bytes_are_as_good_as_the_value_they_came_from,
    stored_bytes_obey_their_options,
    stored_bytes_replace_what_was_there,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Profile {
    name: String,
    tags: Vec<String>,
    score: Option<f64>,
    counts: BTreeMap<String, u64>,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Kind {
    Unit,
    Tuple(u8, i64),
    Named { nested: Box<Option<Kind>> },
}

fn profile() -> Profile {
    Profile {
        name: "Ada: 100 % \u{1F980}".into(),
        tags: vec![String::new(), "x".repeat(1_000)],
        score: Some(-0.0),
        counts: [("a".to_owned(), u64::MAX), (String::new(), 0)].into(),
        kind: Kind::Named { nested: Box::new(Some(Kind::Tuple(7, i64::MIN))) },
    }
}

async fn bytes_of_one_cache_are_a_value_in_another(eviction: Eviction) {
    let (one, other) = (cache(eviction), cache(eviction));
    one.put("k", profile(), plain()).await.unwrap();
    let bytes = one.get_encoded("k").await.unwrap().unwrap();
    other.put_encoded("put", bytes.clone(), plain()).await.unwrap();
    assert!(other.fill_encoded(&other.fill_token("filled").unwrap(), bytes.clone(), plain()).unwrap());
    for key in ["put", "filled"] {
        assert_eq!(other.get::<Profile>(key).await.unwrap(), Some(profile()));
        assert_eq!(other.get_encoded(key).await.unwrap(), Some(bytes.clone()), "the bytes are kept");
    }
    assert_eq!(one.get_encoded("k").await.unwrap(), Some(bytes));
}

async fn values_of_many_shapes_survive(eviction: Eviction) {
    async fn survives<T>(eviction: Eviction, value: T)
    where
        T: hydracache_runtime::CacheValue + PartialEq + std::fmt::Debug,
    {
        let (one, other) = (cache(eviction), cache(eviction));
        one.put("k", value.clone(), plain()).await.unwrap();
        let bytes = one.get_encoded("k").await.unwrap().unwrap();
        other.put_encoded("k", bytes, plain()).await.unwrap();
        assert_eq!(other.get::<T>("k").await.unwrap(), Some(value));
    }
    survives(eviction, ()).await;
    survives(eviction, String::new()).await;
    survives(eviction, None::<u8>).await;
    survives(eviction, Vec::<Profile>::new()).await;
    survives(eviction, (u128::MAX, i8::MIN, 'x', true)).await;
    survives(eviction, vec![Some(Kind::Unit), None]).await;
    survives(eviction, vec![0_u8; 100_000]).await;
}

async fn bytes_are_as_good_as_the_value_they_came_from(eviction: Eviction) {
    let (one, other) = (cache(eviction), cache(eviction));
    one.put("k", 7_u32, plain()).await.unwrap();
    let bytes = one.get_encoded("k").await.unwrap().unwrap();
    for key in ["get", "arc", "peek", "fetch", "v:typed", "load"] {
        other.put_encoded(key, bytes.clone(), plain()).await.unwrap();
        assert!(other.contains_key(key).await);
    }
    assert_eq!(other.get::<u32>("get").await.unwrap(), Some(7));
    assert_eq!(other.get_arc::<u32>("arc").await.unwrap().as_deref(), Some(&7));
    assert_eq!(other.peek::<u32>("peek").unwrap(), Some(7));
    assert_eq!(other.fetch::<u32>("fetch").await.unwrap().unwrap().value, 7);
    assert_eq!(other.typed::<u32>("v").get("typed").await.unwrap(), Some(7));
    assert_eq!(other.get_or_insert_with("load", plain(), || async { 8_u32 }).await.unwrap(), 7);
    assert_eq!((other.stats().loads, other.stats().decode_failures), (0, 0));
}

async fn stored_bytes_obey_their_options(eviction: Eviction) {
    let (cache, clock) = timed(eviction);
    cache.put("source", 7_u32, plain()).await.unwrap();
    let bytes = cache.get_encoded("source").await.unwrap().unwrap();
    cache.put_encoded("tagged", bytes.clone(), tagged("t")).await.unwrap();
    cache.put_encoded("timed", bytes, plain().ttl(seconds(5))).await.unwrap();
    cache.invalidate_tag("t").await.unwrap();
    assert_eq!(cache.get::<u32>("tagged").await.unwrap(), None);
    clock.advance(seconds(4));
    assert_eq!(cache.get::<u32>("timed").await.unwrap(), Some(7));
    clock.advance(seconds(1));
    assert_eq!(cache.get::<u32>("timed").await.unwrap(), None);
    assert_eq!(cache.get_encoded("timed").await.unwrap(), None);
}

async fn stored_bytes_replace_what_was_there(eviction: Eviction) {
    let cache = cache(eviction);
    cache.put("new", 2_u32, plain()).await.unwrap();
    let bytes = cache.get_encoded("new").await.unwrap().unwrap();
    cache.put("k", "old".to_owned(), plain()).await.unwrap();
    cache.put_encoded("k", bytes.clone(), plain()).await.unwrap();
    assert_eq!(cache.get::<u32>("k").await.unwrap(), Some(2));
    cache.put("k", 3_u32, plain()).await.unwrap();
    assert_ne!(cache.get_encoded("k").await.unwrap(), Some(bytes), "a put has bytes of its own");
    assert_eq!(cache.get::<u32>("k").await.unwrap(), Some(3));
}

/// How often values of [`Counted`] were written and read; one test uses them.
static WRITTEN: AtomicU32 = AtomicU32::new(0);
static READ: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, Clone, PartialEq)]
struct Counted(u32);

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WRITTEN.fetch_add(1, Ordering::SeqCst);
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        READ.fetch_add(1, Ordering::SeqCst);
        u32::deserialize(deserializer).map(Self)
    }
}

fn written_and_read() -> (u32, u32) {
    (WRITTEN.load(Ordering::SeqCst), READ.load(Ordering::SeqCst))
}

#[tokio::test]
async fn each_form_is_made_once_and_only_when_it_is_asked_for() {
    let (one, other) = (HydraCache::local().build(), HydraCache::local().build());
    one.put("k", Counted(1), plain()).await.unwrap();
    one.get_or_insert_with("l", plain(), || async { Counted(2) }).await.unwrap();
    for _ in 0..3 {
        assert_eq!(one.get::<Counted>("k").await.unwrap(), Some(Counted(1)));
        assert_eq!(one.get::<Counted>("l").await.unwrap(), Some(Counted(2)));
    }
    assert_eq!(written_and_read(), (0, 0), "a typed value is stored and read typed");

    let bytes = one.get_encoded("k").await.unwrap().unwrap();
    assert_eq!(written_and_read(), (1, 0));
    for _ in 0..3 {
        assert_eq!(one.get_encoded("k").await.unwrap().as_ref(), Some(&bytes));
        assert_eq!(one.get::<Counted>("k").await.unwrap(), Some(Counted(1)));
    }
    assert_eq!(written_and_read(), (1, 0), "the bytes were kept");

    other.put_encoded("k", bytes, plain()).await.unwrap();
    assert!(other.contains_key("k").await);
    other.get_encoded("k").await.unwrap().unwrap();
    assert_eq!(written_and_read(), (1, 0), "nobody asked for the value yet");
    for _ in 0..3 {
        assert_eq!(other.get::<Counted>("k").await.unwrap(), Some(Counted(1)));
        other.get_encoded("k").await.unwrap().unwrap();
    }
    assert_eq!(written_and_read(), (1, 1), "the value was kept");
}
