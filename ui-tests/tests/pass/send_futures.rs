//! The future of a function is as `Send` as its body.

#![deny(warnings)]

use std::rc::Rc;

use hydracache::cached;

#[cached]
async fn owned(id: u64) -> Result<u64, String> {
    tokio::task::yield_now().await;
    Ok(id)
}

#[cached(skip(text))]
async fn borrowing(text: &str, id: u64) -> u64 {
    tokio::task::yield_now().await;
    id + text.len() as u64
}

#[cached]
async fn not_send(id: u64) -> u64 {
    let local = Rc::new(id);
    tokio::task::yield_now().await;
    *local
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((is_send(owned(1)).await, tokio::spawn(owned(1)).await.unwrap()), (Ok(1), Ok(1)));
    assert_eq!((is_send(borrowing("a", 1)).await, borrowing("b", 1).await), (2, 2));
    assert_eq!((not_send(1).await, not_send(1).await, not_send::stats().loads), (1, 1, 1));
}
