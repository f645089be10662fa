//! Documentation, lints, hints and conditions stay what they are, before the attribute and after it.

#![deny(warnings)]

use hydracache::cached;

/// Documented before the attribute.
#[must_use]
#[inline]
#[cached(name = "before")]
fn before(id: u64) -> u64 {
    id
}

#[cached(name = "after")]
/// Documented after the attribute.
#[must_use]
#[inline(never)]
#[allow(clippy::identity_op, reason = "it is an example")]
fn after(id: u64) -> u64 {
    id + 0
}

#[cached(name = "both")]
#[expect(unused_variables, reason = "the body does not look at it, though the key does not either")]
fn unused(#[allow(unused, reason = "an attribute of an argument")] id: u64) -> u64 {
    let forgotten = 7;
    1
}

#[expect(unused_variables, reason = "outside of the attribute")]
#[cached(name = "outside", skip(id))]
fn outside(id: u64) -> u64 {
    2
}

#[cached(name = "there")]
#[cfg(all())]
fn there() -> u64 {
    3
}

#[cached(name = "nowhere")]
#[cfg(any())]
fn nowhere(missing: Missing) -> u64 {
    missing
}

#[cfg(any())]
#[cached(name = "nowhere either")]
fn nowhere_either(missing: Missing) -> u64 {
    missing
}

#[cached(name = "inner")]
fn inner(id: u64) -> u64 {
    #![allow(unused_variables, reason = "an inner attribute")]
    4
}

fn main() {
    assert_eq!((before(1), before(1), before::stats().loads), (1, 1, 1));
    assert_eq!((after(1), after(1), after::stats().loads), (1, 1, 1));
    assert_eq!((unused(1), outside(1), there(), inner(1)), (1, 2, 3, 4));
}
