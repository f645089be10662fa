//! Conditions are expressions of the arguments, also of those that patterns bind.

#![deny(warnings)]

use std::sync::atomic::{AtomicBool, Ordering};

use hydracache::cached;

static CACHING: AtomicBool = AtomicBool::new(true);

struct Request {
    id: u64,
    fresh: bool,
}

#[cached(when = !request.fresh, enabled = CACHING.load(Ordering::Relaxed), key = "{request.id}")]
fn by_field(request: &Request) -> u64 {
    request.id
}

#[cached(when = *fresh, key = "{id}")]
async fn by_pattern(Request { id, fresh }: Request) -> u64 {
    id + u64::from(fresh)
}

#[cached(when = { let limit = 3; id < limit }, unless = |&value| value == 2)]
fn by_block(id: u64) -> u64 {
    id
}

struct Repo(bool);

impl Repo {
    #[cached(name = "repo.find", receiver = skip, when = self.0)]
    fn find(&self, id: u64) -> u64 {
        id
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(by_field(&Request { id: 1, fresh: true }), 1);
    assert_eq!(by_field::stats().loads, 0);
    assert_eq!(by_field(&Request { id: 1, fresh: false }), 1);
    assert_eq!(by_field::stats().loads, 1);
    CACHING.store(false, Ordering::Relaxed);
    assert_eq!((by_field(&Request { id: 1, fresh: false }), by_field::stats().hits), (1, 0));
    assert_eq!(by_pattern(Request { id: 1, fresh: true }).await, 2);
    assert_eq!((by_block(1), by_block(2), by_block(5)), (1, 2, 5));
    assert_eq!((by_block::peek(1), by_block::peek(2), by_block::peek(5)), (Some(1), None, None));
    assert_eq!((Repo(true).find(1), Repo(false).find(1)), (1, 1));
}
