//! What tests need: a clock that stands still, and the behaviour every store must have.

mod manual_clock;

pub use manual_clock::ManualClock;
