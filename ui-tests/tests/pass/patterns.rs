//! Arguments may be patterns, whose names a key can use.

#![deny(warnings)]

use hydracache::cached;

struct Point {
    x: u64,
    y: u64,
}

struct Id(u64);

#[cached(key = "{a}:{x}:{id}", tags = ["y:{up}"])]
fn sync(
    (a, mut b): (u64, u64),
    Point { x, y: up }: Point,
    Id(id): Id,
    [first, ..]: [u64; 3],
    _: &str,
) -> u64 {
    b += 1;
    a + b + x + up + id + first
}

#[cached(skip(mutable))]
async fn mutable(mut mutable: Vec<u64>, id: u64) -> u64 {
    mutable.push(id);
    mutable.len() as u64
}

#[cached(key = "{whole}")]
fn bound(whole @ (_, _): (u64, u64)) -> u64 {
    whole.0 + whole.1
}

#[cached]
fn all_of_them((a, b): (u64, u64), _unused: bool) -> u64 {
    a + b
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let call = |b| sync((1, b), Point { x: 2, y: 3 }, Id(4), [5, 6, 7], "x");
    assert_eq!((call(0), call(9), sync::stats().loads), (16, 16, 1));
    assert_eq!((mutable(vec![], 1).await, mutable(vec![1, 2], 1).await), (1, 1));
    assert_eq!((bound((1, 2)), bound((1, 2)), bound::stats().loads), (3, 3, 1));
    assert_eq!((all_of_them((1, 2), true), all_of_them((1, 2), true), all_of_them::stats().loads), (3, 3, 1));
}
