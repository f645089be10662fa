//! Documentation, lints, hints and conditions stay what they are.

#![deny(warnings, missing_docs, unused, clippy::pedantic)]
#![forbid(unsafe_code)]

use hydracache::{cache_put, cached, invalidates};

/// Cached.
#[cached]
fn get(id: u64) -> u64 {
    id
}

/// Documented before the attribute.
#[must_use]
#[inline]
#[invalidates(get(id))]
pub fn before(id: u64) -> u64 {
    id
}

#[invalidates(get(id))]
#[cache_put(get(id))]
/// Documented after the attributes.
#[must_use]
#[allow(clippy::identity_op, reason = "it is an example")]
pub fn after(id: u64) -> u64 {
    id + 0
}

#[invalidates(get(1))]
#[cfg(any())]
fn nowhere(missing: Missing) -> u64 {
    missing
}

#[invalidates(get(1))]
#[expect(unused_variables, reason = "it is forgotten")]
fn forgotten() {
    let nobody = 1;
}

#[cache_put(get(1) = 5)]
fn returns_nothing() {}

fn main() {
    assert_eq!((before(1), after(1), get::peek(1)), (1, 1, None));
    forgotten();
    returns_nothing();
    assert_eq!(get::peek(1), Some(5));
}
