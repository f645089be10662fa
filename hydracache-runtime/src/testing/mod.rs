//! What tests need: a clock that stands still, and the behaviour every store must have.

mod manual_clock;
#[doc(hidden)]
pub mod store_suite;

pub use manual_clock::ManualClock;
#[doc(hidden)]
pub use store_suite::{entry, key};
