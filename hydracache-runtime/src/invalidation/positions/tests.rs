use std::ops::RangeInclusive;

use super::*;

mod simulated;

fn with(
    publisher: &str,
    generation: u64,
    sequence: u64,
    what: CacheInvalidation,
) -> CacheInvalidationMessage {
    CacheInvalidationMessage::new(publisher, generation, sequence, what)
}

fn key(publisher: &str, generation: u64, sequence: u64) -> CacheInvalidationMessage {
    with(publisher, generation, sequence, CacheInvalidation::Key("k".into()))
}

fn at(publisher: &str, generation: u64, sequence: u64) -> CachePosition {
    CachePosition::new(publisher, generation, sequence)
}

fn gaps<const N: usize>(gaps: [(&str, u64, RangeInclusive<u64>); N]) -> Verdict {
    let gaps = gaps.map(|(publisher, generation, missing)| Gap::new(publisher.into(), generation, missing));
    Verdict::Gap(gaps.into_iter().collect())
}

/// The positions of a cache `me` that has applied these.
fn after(applied: &[CacheInvalidationMessage]) -> Positions {
    let mut positions = Positions::new("me", 1);
    for message in applied {
        positions.applied(message);
    }
    positions
}

#[test]
fn only_what_this_incarnation_published_is_its_own() {
    let positions = Positions::new("me", 1);
    assert_eq!(positions.judge(&key("me", 1, 9)), Verdict::Own);
    assert_eq!(positions.judge(&with("me", 1, 9, CacheInvalidation::Position)), Verdict::Own);
    assert_eq!(positions.judge(&key("me", 2, 1)), Verdict::Apply, "another incarnation is another cache");
    assert!(after(&[key("me", 1, 9)]).all().is_empty());
}

#[test]
fn each_publisher_and_incarnation_is_counted_apart() {
    let positions = after(&[key("a", 1, 1), key("b", 1, 1), key("a", 1, 2)]);
    assert_eq!(positions.judge(&key("a", 1, 3)), Verdict::Apply);
    assert_eq!(positions.judge(&key("b", 1, 2)), Verdict::Apply);
    assert_eq!(positions.judge(&key("c", 1, 1)), Verdict::Apply);
    let mut all = positions.all();
    all.sort_by_key(|position| position.publisher().to_owned());
    assert_eq!(all, [at("a", 1, 2), at("b", 1, 1)]);
}

#[test]
fn a_gap_shows_until_the_message_behind_it_is_noted() {
    let mut positions = after(&[key("a", 1, 1)]);
    let behind = key("a", 1, 4);
    for _ in 0..2 {
        assert_eq!(positions.judge(&behind), gaps([("a", 1, 2..=3)]));
    }
    positions.applied(&behind);
    assert_eq!(positions.judge(&key("a", 1, 5)), Verdict::Apply);
    assert_eq!(positions.judge(&key("a", 1, 3)), Verdict::Duplicate);
    assert_eq!(positions.judge(&behind), Verdict::Duplicate);
}

#[test]
fn a_duplicate_moves_nothing_back() {
    let positions = after(&[key("a", 1, 1), key("a", 1, 2), key("a", 1, 1)]);
    assert_eq!(positions.all(), [at("a", 1, 2)]);
}

#[test]
fn of_an_unknown_publisher_everything_before_is_missing() {
    let mut positions = Positions::new("me", 1);
    assert_eq!(positions.judge(&key("a", 1, 4)), gaps([("a", 1, 1..=3)]));
    positions.rebase(&[at("a", 1, 3)]);
    assert_eq!(positions.judge(&key("a", 1, 4)), Verdict::Apply, "it was published before the subscription");
    assert_eq!(positions.judge(&key("a", 1, 6)), gaps([("a", 1, 4..=5)]));
}

#[test]
fn a_new_incarnation_shows_what_may_be_missing_of_the_one_before() {
    let mut positions = after(&[key("a", 1, 1), key("a", 1, 2)]);
    assert_eq!(positions.judge(&key("a", 9, 1)), gaps([("a", 1, 3..=u64::MAX)]));
    assert_eq!(positions.judge(&key("a", 9, 3)), gaps([("a", 1, 3..=u64::MAX), ("a", 9, 1..=2)]));
    positions.applied(&key("a", 9, 1));
    assert_eq!(positions.judge(&key("a", 9, 2)), Verdict::Apply);
    assert_eq!(positions.judge(&key("a", 5, 1)), gaps([("a", 9, 2..=u64::MAX)]), "the first is dealt with");
}

#[test]
fn a_straggler_of_an_earlier_incarnation_is_judged_by_its_own_numbers() {
    let mut positions = after(&[key("a", 1, 1), key("a", 1, 2), key("a", 9, 1)]);
    assert_eq!(positions.judge(&key("a", 1, 2)), Verdict::Duplicate);
    assert_eq!(positions.judge(&key("a", 1, 3)), Verdict::Apply);
    assert_eq!(positions.judge(&key("a", 1, 5)), gaps([("a", 1, 3..=4)]));
    positions.applied(&key("a", 1, 3));
    assert_eq!(positions.judge(&key("a", 9, 2)), Verdict::Apply, "the later one stays where it was");
    let both = gaps([("a", 9, 2..=u64::MAX), ("a", 1, 4..=u64::MAX)]);
    assert_eq!(positions.judge(&key("a", 5, 1)), both, "what was heard of again may have published more");
}

#[test]
fn two_caches_with_one_name_lose_nothing() {
    let mut positions = after(&[key("a", 1, 1), key("a", 2, 1)]);
    for sequence in 2..10 {
        for generation in [1, 2] {
            assert_eq!(positions.judge(&key("a", generation, sequence)), Verdict::Apply);
            positions.applied(&key("a", generation, sequence));
        }
    }
    assert_eq!(positions.judge(&key("a", 1, 11)), gaps([("a", 1, 10..=10)]));
}

#[test]
fn a_flush_covers_what_is_missing_before_it() {
    let flush =
        |publisher, generation, sequence| with(publisher, generation, sequence, CacheInvalidation::Flush);
    let mut positions = after(&[key("a", 1, 1)]);
    assert_eq!(positions.judge(&flush("a", 1, 2)), Verdict::Apply);
    assert_eq!(positions.judge(&flush("a", 1, 9)), Verdict::Covered);
    assert_eq!(positions.judge(&flush("a", 2, 1)), Verdict::Covered);
    assert_eq!(positions.judge(&flush("b", 1, 9)), Verdict::Covered);
    assert_eq!(positions.judge(&flush("a", 1, 1)), Verdict::Duplicate);
    positions.applied(&flush("a", 1, 9));
    assert_eq!(positions.judge(&key("a", 1, 10)), Verdict::Apply);
}

#[test]
fn a_position_shows_that_the_last_messages_are_missing() {
    let told = |generation, sequence| with("a", generation, sequence, CacheInvalidation::Position);
    let mut positions = after(&[key("a", 1, 1), key("a", 1, 2)]);
    assert_eq!(positions.judge(&told(1, 2)), Verdict::UpToDate);
    assert_eq!(positions.judge(&told(1, 1)), Verdict::UpToDate, "it was on its way for long");
    assert_eq!(positions.judge(&told(1, 4)), gaps([("a", 1, 3..=4)]));
    positions.applied(&told(1, 4));
    assert_eq!(positions.judge(&key("a", 1, 5)), Verdict::Apply);
    assert_eq!(
        positions.judge(&told(2, 0)),
        gaps([("a", 1, 5..=u64::MAX)]),
        "an incarnation announces itself"
    );
    positions.applied(&told(2, 0));
    assert_eq!(positions.judge(&key("a", 2, 1)), Verdict::Apply);
    assert_eq!(Positions::new("me", 1).judge(&told(1, 0)), Verdict::UpToDate);
}

#[test]
fn what_cannot_be_counted_is_applied_and_remembered_nowhere() {
    let message = CacheInvalidationMessage::unsequenced("me", CacheInvalidation::Flush);
    let mut positions = Positions::new("me", 0);
    for _ in 0..2 {
        assert_eq!(positions.judge(&message), Verdict::Apply);
        positions.applied(&message);
    }
    assert!(positions.all().is_empty());
}

#[test]
fn a_number_that_lies_is_answered_at_once() {
    let mut positions = after(&[key("a", 1, 1)]);
    assert_eq!(positions.judge(&key("a", 1, MAX_REPLAY + 2)), gaps([("a", 1, 2..=MAX_REPLAY + 1)]));
    assert_eq!(positions.judge(&key("a", 1, MAX_REPLAY + 3)), Verdict::Flush);
    positions.applied(&key("a", 1, u64::MAX));
    assert_eq!(positions.judge(&key("a", 2, 1)), Verdict::Apply, "nothing can follow the highest number");
    assert_eq!(positions.compare(&[at("b", 1, u64::MAX)]), Verdict::Flush);
}

#[test]
fn a_new_subscription_shows_what_was_missed_in_between() {
    let mut positions = after(&[key("a", 1, 2), key("b", 1, 1), key("c", 1, 1)]);
    let baseline = [at("a", 1, 2), at("b", 1, 3), at("d", 1, 2), at("c", 1, 1), at("me", 1, 50)];
    assert_eq!(positions.compare(&baseline), gaps([("b", 1, 2..=3), ("d", 1, 1..=2)]));
    positions.rebase(&baseline);
    assert_eq!(positions.compare(&baseline), Verdict::UpToDate);
    assert_eq!(positions.judge(&key("d", 1, 3)), Verdict::Apply);
    let without_c = &baseline[..3];
    assert_eq!(positions.compare(without_c), gaps([("c", 1, 2..=u64::MAX)]), "the bus may have forgotten it");
    assert_eq!(positions.compare(&[]), Verdict::Flush, "a bus that cannot tell may have lost anything");
}

#[test]
fn every_incarnation_of_a_baseline_may_be_the_one_that_lives() {
    let mut positions = Positions::new("me", 1);
    positions.rebase(&[at("a", 9, 3), at("a", 1, 5)]);
    let both = gaps([("a", 9, 4..=u64::MAX), ("a", 1, 6..=u64::MAX)]);
    assert_eq!(positions.judge(&key("a", 4, 1)), both);
}

#[test]
fn memory_is_bounded_and_what_is_forgotten_is_not_lost() {
    let mut positions = Positions::new("me", 1);
    for n in 0..MAX_PUBLISHERS {
        let message = key(&format!("node-{n}"), 1, 1);
        assert_eq!(positions.judge(&message), Verdict::Apply);
        positions.applied(&message);
    }
    positions.applied(&key("node-0", 1, 2));
    assert_eq!(positions.judge(&key("one more", 1, 1)), Verdict::Flush);
    positions.applied(&key("one more", 1, 1));
    assert_eq!(positions.all().len(), MAX_PUBLISHERS);
    assert_eq!(positions.judge(&key("one more", 1, 2)), Verdict::Apply);
    assert_eq!(positions.judge(&key("node-0", 1, 3)), Verdict::Apply, "it was heard of lately");
    assert_eq!(positions.judge(&key("node-1", 2, 1)), Verdict::Flush, "it was forgotten");
    positions.rebase(&[at("yet another", 1, 1)]);
    assert_eq!(positions.all().len(), MAX_PUBLISHERS);
    assert_eq!(positions.judge(&key("yet another", 1, 2)), Verdict::Flush);
}

#[test]
fn incarnations_are_bounded_and_the_living_ones_are_kept() {
    let mut positions = Positions::new("me", 1);
    for generation in 1..=20 {
        positions.applied(&key("a", generation, 1));
        positions.applied(&key("a", 1, generation));
    }
    assert_eq!(positions.all().len(), MAX_GENERATIONS);
    assert_eq!(positions.judge(&key("a", 1, 21)), Verdict::Apply);
    assert_eq!(positions.judge(&key("a", 21, 1)), gaps([("a", 20, 2..=u64::MAX), ("a", 1, 21..=u64::MAX)]));

    let mut positions = Positions::new("me", 1);
    let baseline: Vec<_> = (1..=5).map(|generation| at("a", generation, 1)).collect();
    positions.rebase(&baseline);
    assert_eq!(positions.all().len(), MAX_GENERATIONS);
    assert_eq!(positions.judge(&key("a", 6, 1)), Verdict::Flush, "one that lives may have been forgotten");
}
