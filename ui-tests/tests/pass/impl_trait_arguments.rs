//! Callbacks are arguments like others, left out of the key.

#![deny(warnings)]

use hydracache::{KeySegment, cached};

#[cached(skip(make))]
fn sync(id: impl KeySegment + Copy + Into<u64>, make: impl FnOnce(u64) -> u64) -> u64 {
    make(id.into())
}

#[cached(key = "{id}")]
async fn awaited<F: Future<Output = u64>>(id: u64, make: impl FnOnce(u64) -> F) -> Result<u64, String> {
    Ok(make(id).await)
}

#[cached(key = "{id}")]
async fn pointed(
    id: u64,
    make: &(dyn Fn(u64) -> u64 + Sync),
    boxed: Box<dyn FnOnce(&str) -> u64 + Send>,
) -> u64 {
    make(id) + boxed("x")
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((sync(1_u8, |id| id + 1), sync(1_u8, |_| 9), sync::stats().loads), (2, 2, 1));
    let load = async |id: u64| id + 1;
    assert_eq!((awaited(1, load).await, awaited(1, load).await), (Ok(2), Ok(2)));
    let boxed = |text: &str| text.len() as u64;
    assert_eq!(pointed(1, &|id| id, Box::new(boxed)).await, 2);
    assert_eq!(pointed(1, &|_| 9, Box::new(boxed)).await, 2);
    assert_eq!(pointed::stats().loads, 1);
}
