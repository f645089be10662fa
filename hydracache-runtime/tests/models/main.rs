//! Models of what the engine promises when calls overlap, played in thousands of schedules by `cargo xtask models`.
//!
//! Each is a program of a few tasks, small enough for every step to meet every other, and says what must hold whichever
//! way the steps fall. With a bug planted that breaks a rule it is about, it must fail. That nobody waits for ever is said
//! nowhere, because it is asked of each: where all tasks wait, shuttle ends the model.

#![cfg(all(hydracache_shuttle, feature = "test-util", feature = "planted-bugs"))]
#![allow(clippy::unwrap_used, reason = "a test that unwraps what is not there has failed")]

#[path = "../support/mod.rs"]
mod support;

/// Tests that a model holds.
macro_rules! hold {
    ($($name:ident: $model:expr;)*) => { $(
        #[test]
        fn $name() {
            hydracache_runtime::testing::models::explore($model);
        }
    )* };
}

/// Tests that a model fails with a bug planted.
macro_rules! notice {
    ($($name:ident: $bug:ident, $model:expr;)*) => { $(
        #[test]
        fn $name() {
            hydracache_runtime::testing::models::must_notice(hydracache_runtime::PlantedBug::$bug, $model);
        }
    )* };
}

mod cycles;
mod drops;
mod errors;
mod fence;
mod fills;
mod flights;
mod intents;
mod refreshes;
mod sweeps;
mod timeouts;
mod world;
