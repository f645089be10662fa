//! What the engine promises when calls overlap: nothing stale, one load, nobody hangs, nothing leaks.

#![allow(clippy::unwrap_used, reason = "a test that unwraps what is not there has failed")]

#[path = "../support/mod.rs"]
mod support;

mod bounds;
mod drops;
mod interleavings;
mod single_flight;
mod staleness;
