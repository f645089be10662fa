//! The staleness checker notices each bug that lets something stale through, without being told where to look.

use hydracache_runtime::{Eviction, PlantedBug};

use crate::must_go_red;
use crate::support::stress::{Ask, Entrance, Scenario, Upset, run};

/// Rounds in which a bug must show; the checker stops at the first violation.
const ROUNDS: u64 = 20_000;

fn violations(entrance: Entrance, upsets: &'static [Upset], asks: &'static [Ask]) -> u64 {
    let scenario = Scenario {
        eviction: Eviction::S3Fifo,
        entrance,
        capacity: 10_000,
        // Few keys, so that loads, writes and reads of one key meet.
        keys: 4,
        rounds: ROUNDS,
        upsets,
        asks,
        until_violation: true,
    };
    run(&scenario).violations
}

#[test]
fn loads_without_the_fence() {
    must_go_red(PlantedBug::NoFence, || {
        violations(Entrance::Typed, &[Upset::Key, Upset::Put], &[Ask::Get, Ask::Load])
    });
}

#[test]
fn reads_without_the_comparison_of_stamps() {
    must_go_red(PlantedBug::NoStampCheck, || {
        violations(Entrance::Typed, &[Upset::Tag, Upset::Clear], &[Ask::Get, Ask::Load])
    });
}

#[test]
fn tags_without_memory() {
    must_go_red(PlantedBug::NoFloor, || {
        violations(Entrance::Function, &[Upset::LateTag, Upset::Key], &[Ask::Get, Ask::Load])
    });
}

#[test]
fn joiners_that_compare_with_their_arrival() {
    must_go_red(PlantedBug::JoinerChecksArrival, || {
        violations(Entrance::Function, &[Upset::LateTag], &[Ask::Get, Ask::Load])
    });
}

#[test]
fn fills_without_their_token() {
    must_go_red(PlantedBug::FillWithoutToken, || {
        violations(Entrance::Typed, &[Upset::Key, Upset::Tag], &[Ask::Get, Ask::Fill])
    });
}

#[test]
fn expiries_that_do_not_raise_the_epoch() {
    must_go_red(PlantedBug::ExpireDoesNotBump, || {
        violations(Entrance::Typed, &[Upset::Expire], &[Ask::Get, Ask::Load])
    });
}

#[test]
fn old_values_without_the_comparison_of_stamps() {
    must_go_red(PlantedBug::NoStampCheck, || {
        violations(Entrance::Typed, &[Upset::Tag, Upset::Clear], &[Ask::Refreshing])
    });
}

#[test]
fn refreshes_without_the_fence() {
    must_go_red(PlantedBug::NoFence, || {
        violations(Entrance::Typed, &[Upset::Key, Upset::Put], &[Ask::Get, Ask::Refreshing])
    });
}

#[test]
fn bulk_loads_without_the_fence() {
    must_go_red(PlantedBug::NoFence, || {
        violations(Entrance::Typed, &[Upset::Key, Upset::Intent], &[Ask::Get, Ask::Bulk])
    });
}

#[test]
fn loads_that_a_prefix_overtakes_without_the_fence() {
    must_go_red(PlantedBug::NoFence, || {
        violations(Entrance::Typed, &[Upset::Prefix], &[Ask::Get, Ask::Load])
    });
}
