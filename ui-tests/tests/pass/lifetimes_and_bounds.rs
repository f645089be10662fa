//! Lifetimes, bounds and constants of the function are its own.

#![deny(warnings)]

use std::borrow::Cow;
use std::collections::HashMap;

use hydracache::{KeySegment, cached};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[cached(skip(all))]
fn named<'a, 'b: 'a>(all: &'a HashMap<&'b str, u64>, name: &'b str, other: Cow<'_, str>) -> Option<u64> {
    let _ = other;
    all.get(name).copied()
}

#[cached(skip(from))]
async fn bounded<K, V>(from: &HashMap<K, V>, key: K) -> Option<V>
where
    K: KeySegment + std::hash::Hash + Eq,
    V: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    from.get(&key).cloned()
}

#[cached]
fn constant<const N: usize, const FLAG: bool>(id: u64) -> Vec<u64> {
    if FLAG { vec![id; N] } else { Vec::new() }
}

#[cached(key = "{N}:{id}")]
fn named_in_the_key<const N: usize>(id: u64) -> usize {
    N + usize::try_from(id).unwrap_or(0)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let all = HashMap::from([("a", 1)]);
    assert_eq!((named(&all, "a", "x".into()), named(&HashMap::new(), "a", "x".into())), (Some(1), Some(1)));
    assert_eq!(named::stats().loads, 1);
    assert_eq!((bounded(&all, "a").await, bounded(&HashMap::<_, u64>::new(), "a").await), (Some(1), Some(1)));
    assert_eq!(constant::<2, true>(7), [7, 7]);
    assert_eq!(constant::<2, false>(7), [0; 0]);
    assert_eq!((constant::<2, true>(7), constant::stats().loads), (vec![7, 7], 2));
    assert_eq!(
        (named_in_the_key::<3>(1), named_in_the_key::<3>(1), named_in_the_key::stats().loads),
        (4, 4, 1)
    );
}
