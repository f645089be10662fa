//! A function may call itself; an async one through a box.

#![deny(warnings)]

use hydracache::cached;

#[cached]
fn fibonacci(n: u64) -> u64 {
    if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
}

#[cached]
async fn boxed(n: u64) -> Result<u64, String> {
    if n < 2 {
        return Ok(n);
    }
    Ok(Box::pin(boxed(n - 1)).await? + Box::pin(boxed(n - 2)).await?)
}

#[cached(skip(seen))]
async fn borrowing(seen: &str, n: u64) -> u64 {
    if n == 0 { seen.len() as u64 } else { Box::pin(borrowing(seen, n - 1)).await + 1 }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((fibonacci(50), fibonacci::stats().loads), (12_586_269_025, 51));
    assert_eq!((boxed(50).await, boxed::stats().loads), (Ok(12_586_269_025), 51));
    assert_eq!((borrowing("ab", 5).await, borrowing("ab", 5).await, borrowing::stats().loads), (7, 7, 6));
}
