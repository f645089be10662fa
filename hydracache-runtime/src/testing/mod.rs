//! What tests need: a clock that stands still, a bus with faults, and the behaviour every store and every bus must have.

#[doc(hidden)]
pub mod bus_suite;
mod faulty_bus;
mod manual_clock;
#[cfg(hydracache_shuttle)]
#[doc(hidden)]
pub mod models;
#[doc(hidden)]
pub mod store_suite;

pub use faulty_bus::FaultyBus;
pub use manual_clock::ManualClock;
#[doc(hidden)]
pub use store_suite::{entry, key};
