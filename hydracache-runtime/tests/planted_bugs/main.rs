//! Each switch of [`PlantedBug`] breaks one rule of the engine, and each must be noticed: the same scenario is played
//! without the bug, where nothing is wrong, and with it, where something is.
//!
//! The switches are those of the whole process, so the tests take turns.

#![cfg(feature = "planted-bugs")]
#![allow(clippy::unwrap_used, reason = "a test that unwraps what is not there has failed")]

#[path = "../support/mod.rs"]
mod support;

mod drops;
mod schedules;
mod stress;

use std::sync::{Mutex, MutexGuard, PoisonError};

use hydracache_runtime::{PlantedBug, plant};

/// Held by the test whose turn it is.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts what is wrong in `scenario` without `bug`, which must be nothing, and with it, which must be something.
fn must_go_red(bug: PlantedBug, scenario: impl Fn() -> u64) {
    let _turn = turn();
    assert_eq!(scenario(), 0, "without the bug");
    let planted = plant(bug);
    let wrong = scenario();
    drop(planted);
    assert!(wrong > 0, "{bug:?} went unnoticed");
    assert_eq!(scenario(), 0, "the bug was taken out again");
}

/// A bug that is added to the engine must be added here, with the scenarios that notice it.
#[test]
fn every_bug_has_its_test() {
    for bug in PlantedBug::ALL {
        let covered = match bug {
            PlantedBug::NoFence
            | PlantedBug::NoStampCheck
            | PlantedBug::NoFloor
            | PlantedBug::JoinerChecksArrival
            | PlantedBug::FillWithoutToken
            | PlantedBug::ExpireDoesNotBump => schedules::COVERED.contains(&bug),
            PlantedBug::DropUnderLock => drops::COVERED.contains(&bug),
            // The window is too small for threads to meet in it; a model of the fence notices it.
            PlantedBug::MarkedBeforeCell => true,
        };
        assert!(covered, "{bug:?}");
    }
}
