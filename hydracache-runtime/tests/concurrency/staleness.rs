//! Racing rounds on real threads: no read returns a version older than the one acknowledged before it.
//!
//! `HYDRACACHE_ROUNDS` says how many rounds the tests of this file make together; 100,000 if it does not.

use hydracache_runtime::Eviction;

use crate::support::stress::{Ask, Entrance, Report, Scenario, Upset, run};

const KEYS: u64 = 32;

/// How many tests share the rounds.
const TESTS: u64 = 8;

const TYPED_ASKS: &[Ask] = &[
    Ask::Get,
    Ask::Get,
    Ask::Load,
    Ask::Load,
    Ask::Abandon,
    Ask::Fill,
    Ask::Bulk,
    Ask::Refreshing,
    Ask::Refreshing,
    Ask::Refreshing,
];

const FUNCTION_ASKS: &[Ask] = &[Ask::Get, Ask::Get, Ask::Load, Ask::Load, Ask::Load, Ask::Abandon, Ask::Fill];

/// What concerns one key comes more often than what empties the cache, else there would be nothing to overtake.
const TYPED: &[Upset] = &[
    Upset::Key,
    Upset::Key,
    Upset::Key,
    Upset::Tag,
    Upset::Tag,
    Upset::Tag,
    Upset::Expire,
    Upset::Expire,
    Upset::Put,
    Upset::Put,
    Upset::Intent,
    Upset::Intent,
    Upset::Prefix,
    Upset::Clear,
    Upset::Flush,
];

const FUNCTION: &[Upset] = &[
    Upset::LateTag,
    Upset::LateTag,
    Upset::LateTag,
    Upset::LateTag,
    Upset::Key,
    Upset::Key,
    Upset::Tag,
    Upset::Tag,
    Upset::Expire,
    Upset::Put,
    Upset::Put,
    Upset::Intent,
    Upset::Prefix,
    Upset::Clear,
    Upset::Flush,
];

fn race(eviction: Eviction, entrance: Entrance, capacity: u64) -> Report {
    let rounds = std::env::var("HYDRACACHE_ROUNDS")
        .map_or(100_000, |rounds| rounds.parse().expect("`HYDRACACHE_ROUNDS` is a number"));
    let (upsets, asks) = match entrance {
        Entrance::Typed => (TYPED, TYPED_ASKS),
        Entrance::Function => (FUNCTION, FUNCTION_ASKS),
    };
    let rounds = (rounds / TESTS).max(1_000);
    let scenario =
        Scenario { eviction, entrance, capacity, keys: KEYS, rounds, upsets, asks, until_violation: false };
    let report = run(&scenario);
    println!("{report:?}");
    assert_eq!(report.violations, 0, "{}", report.first.unwrap_or_default());
    assert!(report.rounds >= rounds - 1, "{} of {rounds} rounds", report.rounds);
    // A run in which nothing was overtaken would prove nothing.
    let stats = &report.stats;
    assert!(report.reads > rounds / 10, "{} reads", report.reads);
    assert!(stats.stale_discards > 0, "no load was overtaken");
    assert!(stats.refused_fills > 0, "no fill was overtaken");
    report
}

fn with_room(eviction: Eviction, entrance: Entrance) {
    let report = race(eviction, entrance, 10_000);
    let stats = &report.stats;
    assert!(stats.hits > report.rounds / 10, "{} hits", stats.hits);
    // A short run may end before the short lives do.
    if entrance == Entrance::Typed && report.rounds > 10_000 {
        assert!(stats.refreshes > 0, "nothing was loaded in the background");
        assert!(stats.stale_served > 0, "nothing old was served beside a refresh");
        assert!(stats.stale_on_error_served > 0, "no failure was replaced by an old value");
        assert!(stats.wait_timeouts > 0, "nobody loaded beside another");
    }
}

fn without_room(eviction: Eviction, entrance: Entrance) {
    let report = race(eviction, entrance, KEYS / 4);
    assert!(report.stats.evictions > 0, "there is room for a quarter");
}

#[test]
fn typed_reads_over_s3_fifo_are_never_stale() {
    with_room(Eviction::S3Fifo, Entrance::Typed);
}

#[test]
fn typed_reads_over_a_crowded_s3_fifo_are_never_stale() {
    without_room(Eviction::S3Fifo, Entrance::Typed);
}

#[test]
fn typed_reads_over_tiny_lfu_are_never_stale() {
    with_room(Eviction::TinyLfu, Entrance::Typed);
}

#[test]
fn typed_reads_over_a_crowded_tiny_lfu_are_never_stale() {
    without_room(Eviction::TinyLfu, Entrance::Typed);
}

#[test]
fn calls_with_late_tags_over_s3_fifo_are_never_stale() {
    with_room(Eviction::S3Fifo, Entrance::Function);
}

#[test]
fn calls_with_late_tags_over_a_crowded_s3_fifo_are_never_stale() {
    without_room(Eviction::S3Fifo, Entrance::Function);
}

#[test]
fn calls_with_late_tags_over_tiny_lfu_are_never_stale() {
    with_room(Eviction::TinyLfu, Entrance::Function);
}

#[test]
fn calls_with_late_tags_over_a_crowded_tiny_lfu_are_never_stale() {
    without_room(Eviction::TinyLfu, Entrance::Function);
}
