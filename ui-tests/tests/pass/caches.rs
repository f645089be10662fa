//! The cache of a function is an expression that is one or points to one.

#![deny(warnings)]

use std::sync::{Arc, LazyLock};

use hydracache::{HydraCache, cached};

static SHARED: LazyLock<HydraCache> = LazyLock::new(|| HydraCache::local().build());

fn made() -> Arc<HydraCache> {
    Arc::new(SHARED.clone())
}

#[cached(cache = &*SHARED)]
fn by_reference(id: u64) -> u64 {
    id
}

#[cached(cache = SHARED)]
async fn by_name(id: u64) -> u64 {
    id
}

#[cached(cache = made())]
async fn by_call(id: u64) -> u64 {
    id
}

#[cached(cache = cache, key = "{id}")]
fn by_argument(cache: HydraCache, id: u64) -> u64 {
    id + u64::from(cache.name().is_empty())
}

#[cached(cache = state.1, key = "{id}")]
fn by_field(state: &(u64, HydraCache), id: u64) -> u64 {
    id + state.0
}

#[cached(cache = cache, key = "{id}")]
fn by_pattern((cache, id): (&HydraCache, u64)) -> u64 {
    let _ = cache;
    id
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((by_reference(1), by_reference(1), by_reference::stats().loads), (1, 1, 1));
    assert_eq!((by_name(1).await, by_name(1).await, by_name::stats().loads), (1, 1, 1));
    assert_eq!((by_call(1).await, by_call(1).await, by_call::stats().loads), (1, 1, 1));
    assert_eq!((by_argument(SHARED.clone(), 1), by_argument::peek(SHARED.clone(), 1)), (1, Some(1)));
    let state = (5, SHARED.clone());
    assert_eq!((by_field(&state, 1), by_field(&state, 1), by_field::stats().loads), (6, 6, 1));
    assert_eq!((by_pattern((&SHARED, 1)), by_pattern((&SHARED, 1)), by_pattern::stats().loads), (1, 1, 1));
    by_argument::clear(SHARED.clone()).fire();
    assert_eq!(by_argument::peek(SHARED.clone(), 1), None);
}
