//! Messages that are missing, and whether what a bus gives out again is all of them.

use std::ops::RangeInclusive;

use smol_str::SmolStr;

use super::message::{CacheInvalidation, CacheInvalidationMessage};

/// Messages of one incarnation of a publisher that did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    publisher: SmolStr,
    generation: u64,
    missing: RangeInclusive<u64>,
}

impl Gap {
    pub(super) fn new(publisher: SmolStr, generation: u64, missing: RangeInclusive<u64>) -> Self {
        Self { publisher, generation, missing }
    }

    pub(crate) fn publisher(&self) -> &str {
        &self.publisher
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// The numbers that are missing. It ends with [`u64::MAX`] where nobody knows how many there were.
    pub(crate) fn missing(&self) -> RangeInclusive<u64> {
        self.missing.clone()
    }

    /// Whether these messages, given out again by a bus, are all that is missing. A bus may be wrong, so each is
    /// looked at.
    pub(crate) fn is_filled_by(&self, messages: &[CacheInvalidationMessage]) -> bool {
        let belong = messages
            .iter()
            .all(|message| message.publisher() == self.publisher && message.generation() == self.generation);
        belong && is_whole(self.missing(), messages)
    }
}

/// Whether messages of one generation are all those of a range, each after the one before it.
///
/// A flush follows on anything, because it stands for everything before it: a publisher that had to give up what it
/// could not publish jumps over those numbers with one. A range up to [`u64::MAX`] may end anywhere.
pub(super) fn is_whole(sequences: RangeInclusive<u64>, messages: &[CacheInvalidationMessage]) -> bool {
    let (mut next, end) = sequences.into_inner();
    let mut left = messages.iter();
    for message in left.by_ref() {
        let sequence = message.sequence();
        let follows =
            sequence == next || (sequence > next && *message.invalidation() == CacheInvalidation::Flush);
        if !message.is_numbered() || !follows || sequence > end {
            return false;
        }
        match sequence.checked_add(1) {
            Some(after) => next = after,
            None => break,
        }
    }
    left.as_slice().is_empty() && (next > end || end == u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(sequence: u64) -> CacheInvalidationMessage {
        CacheInvalidationMessage::new("a", 7, sequence, CacheInvalidation::Tag("t".into()))
    }

    fn flush(sequence: u64) -> CacheInvalidationMessage {
        CacheInvalidationMessage::new("a", 7, sequence, CacheInvalidation::Flush)
    }

    fn filled(missing: RangeInclusive<u64>, messages: &[CacheInvalidationMessage]) -> bool {
        Gap::new("a".into(), 7, missing).is_filled_by(messages)
    }

    #[test]
    fn exactly_what_is_missing_fills_a_gap() {
        assert!(filled(3..=5, &[tag(3), tag(4), tag(5)]));
        assert!(!filled(3..=5, &[tag(3), tag(4)]));
        assert!(!filled(3..=5, &[tag(3), tag(5)]));
        assert!(!filled(3..=5, &[tag(4), tag(5)]));
        assert!(!filled(3..=5, &[tag(4), tag(3), tag(5)]));
        assert!(!filled(3..=5, &[tag(3), tag(4), tag(4), tag(5)]));
        assert!(!filled(3..=5, &[tag(3), tag(4), tag(5), tag(6)]));
        assert!(!filled(3..=5, &[]));
    }

    #[test]
    fn a_gap_without_a_known_end_is_filled_by_what_there_is() {
        assert!(filled(3..=u64::MAX, &[]));
        assert!(filled(3..=u64::MAX, &[tag(3), tag(4)]));
        assert!(!filled(3..=u64::MAX, &[tag(4)]));
        assert!(filled(u64::MAX..=u64::MAX, &[tag(u64::MAX)]));
        assert!(!filled(u64::MAX..=u64::MAX, &[tag(u64::MAX), tag(u64::MAX)]));
    }

    #[test]
    fn a_flush_stands_for_what_was_before_it() {
        assert!(filled(3..=9, &[tag(3), flush(8), tag(9)]));
        assert!(filled(3..=9, &[flush(9)]));
        assert!(!filled(3..=9, &[flush(8)]));
        assert!(!filled(3..=9, &[flush(8), tag(8), tag(9)]));
        assert!(!filled(3..=9, &[flush(10)]));
    }

    #[test]
    fn messages_of_others_and_mere_positions_fill_nothing() {
        let other = CacheInvalidationMessage::new("b", 7, 3, CacheInvalidation::Flush);
        let earlier = CacheInvalidationMessage::new("a", 6, 3, CacheInvalidation::Flush);
        let position = CacheInvalidationMessage::new("a", 7, 3, CacheInvalidation::Position);
        for message in [other, earlier, position] {
            assert!(!filled(3..=3, std::slice::from_ref(&message)), "{message:?}");
        }
    }
}
