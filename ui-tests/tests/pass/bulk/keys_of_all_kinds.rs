//! Keys of many kinds: owned and borrowed lists, tuples, types of the user, aliases, generic functions, written paths.

#![deny(warnings)]

use std::collections::{BTreeMap, HashMap};

use hydracache::{KeySegment, cached};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, KeySegment)]
struct Id(u64);

type Found = Result<HashMap<Id, String>, std::io::Error>;

#[cached(name = "owned", bulk = ids)]
async fn owned(ids: Vec<Id>) -> Found {
    Ok(ids.into_iter().map(|id| (id, id.0.to_string())).collect())
}

#[cached(name = "pairs", bulk = pairs, key = "{pairs.0}:{pairs.1}", tags = ["tenant:{pairs.0}"])]
fn pairs(pairs: &[(u32, u64)]) -> BTreeMap<(u32, u64), u64> {
    pairs.iter().map(|pair| (*pair, u64::from(pair.0) + pair.1)).collect()
}

#[cached(name = "texts", bulk = texts, by = |text: &String| text.to_lowercase())]
fn texts(texts: &::std::vec::Vec<String>) -> ::std::vec::Vec<String> {
    texts.iter().map(|text| text.to_uppercase()).collect()
}

#[cached(name = "generic", bulk = ids, key = "{ids}")]
async fn generic<T>(ids: &[u64], make: fn(u64) -> T) -> HashMap<u64, T>
where
    T: Clone + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static,
{
    ids.iter().map(|id| (*id, make(*id))).collect()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(owned(vec![Id(1), Id(2), Id(1)]).await.unwrap().len(), 2);
    assert_eq!(owned::peek(&Id(2)).as_deref(), Some("2"));
    assert_eq!(pairs(&[(1, 2), (1, 3)]), BTreeMap::from([((1, 2), 3), ((1, 3), 4)]));
    assert_eq!(pairs::peek(&(1, 3)), Some(4));
    assert_eq!(texts(&vec!["b".to_owned(), "a".to_owned()]), ["B", "A"]);
    assert_eq!(texts::peek(&"a".to_owned()).as_deref(), Some("A"));
    assert_eq!(generic(&[1], |id| id).await[&1], 1);
    assert_eq!(generic(&[1], |id| id.to_string()).await[&1], "1");
}
