//! What a bus says of what it has published. It may say nothing, and must not be wrong.

#![allow(clippy::missing_panics_doc, reason = "a check panics when a bus fails it; that is what it is for")]

use super::bench::{Bench, Make, run};
use crate::invalidation::{CacheInvalidation, CachePosition};

pub fn replay_gives_exactly_the_range_or_nothing(make: Make<'_>) {
    let bench = Bench::new(make, 64);
    run(async {
        for sequence in 1..=6 {
            bench.publish(sequence..=sequence).await;
            // Neither of these has a number of its own.
            bench.publish_message(bench.message(sequence, CacheInvalidation::Position)).await;
            bench.publish_message(bench.message(0, CacheInvalidation::Flush)).await;
        }
        let ranges = [(1, 6), (1, 1), (2, 4), (6, 6), (3, u64::MAX), (1, u64::MAX), (7, u64::MAX)];
        for (start, end) in ranges {
            let all: Vec<u64> = (start..=end.min(6)).collect();
            let replayed = bench.replay(start..=end).await;
            assert!(replayed.is_none() || replayed == Some(all), "{start} to {end} gave {replayed:?}");
        }
        let beyond = bench.replay(9..=u64::MAX).await;
        assert!(beyond.is_none_or(|messages| messages.is_empty()), "nobody published these");
        let unknown = Bench::of(bench.bus.clone()).replay(1..=u64::MAX).await;
        assert!(unknown.is_none_or(|messages| messages.is_empty()), "nobody published these either");
    });
}

pub fn what_is_gone_is_not_replayed(make: Make<'_>) {
    const PUBLISHED: u64 = 100;
    let bench = Bench::new(make, 4);
    run(async {
        bench.publish(1..=PUBLISHED).await;
        for start in [1, PUBLISHED / 2, PUBLISHED - 4, PUBLISHED - 3, PUBLISHED] {
            for end in [PUBLISHED, u64::MAX] {
                let all: Vec<u64> = (start..=PUBLISHED).collect();
                let replayed = bench.replay(start..=end).await;
                assert!(replayed.is_none() || replayed == Some(all), "{start} to {end} gave {replayed:?}");
            }
        }
    });
}

pub fn incarnations_are_replayed_apart(make: Make<'_>) {
    let bench = Bench::new(make, 64);
    let restarted = bench.restarted();
    run(async {
        bench.publish(1..=4).await;
        restarted.publish(1..=2).await;
        bench.publish(5..=5).await;
        for (publisher, last) in [(&bench, 5), (&restarted, 2)] {
            let all: Vec<u64> = (2..=last).collect();
            let replayed = publisher.replay(2..=u64::MAX).await;
            assert!(replayed.is_none() || replayed == Some(all), "gave {replayed:?}");
        }
        let never = restarted.restarted().replay(1..=u64::MAX).await;
        assert!(never.is_none_or(|messages| messages.is_empty()), "this one published nothing");
    });
}

/// A subscriber takes it for granted that positions are told of all publishers or of none, and that what lies after them
/// is delivered.
pub fn positions_tell_what_was_published_before_or_nothing(make: Make<'_>) {
    let bench = Bench::new(make, 64);
    let restarted = bench.restarted();
    run(async {
        bench.publish(1..=4).await;
        restarted.publish(1..=2).await;
        let mut reader = bench.subscribe();
        bench.publish(5..=6).await;
        let at = |bench: &Bench, sequence| CachePosition::new(&bench.publisher, bench.generation, sequence);
        let mut all = vec![at(&bench, 4), at(&restarted, 2)];
        all.sort_by_key(CachePosition::generation);
        if let Some(positions) = reader.positions() {
            assert_eq!(positions, all);
        }
        reader.expect(&bench, 5..=6).await;
        if let Some(positions) = reader.positions() {
            assert_eq!(positions, all, "they are those of the beginning");
        }
    });
}
