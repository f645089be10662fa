//! Whoever calls an unsafe function answers for its body.

#![deny(warnings)]

use hydracache::cached;

/// # Safety
///
/// Nothing is asked for.
#[cached(name = "unsafe")]
unsafe fn not_safe(id: u64) -> u64 {
    id
}

#[cached(name = "extern")]
extern "C" fn foreign(id: u64) -> u64 {
    id
}

#[cached(name = "unsafe async")]
async unsafe fn not_safe_either(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // SAFETY: the functions ask for nothing.
    unsafe {
        assert_eq!((not_safe(1), not_safe(1), not_safe::stats().loads), (1, 1, 1));
        assert_eq!((not_safe_either(1).await, not_safe_either(1).await), (Ok(1), Ok(1)));
    }
    assert_eq!((foreign(1), foreign(1), foreign::stats().loads), (1, 1, 1));
}
