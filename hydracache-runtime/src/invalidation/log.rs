//! The last messages of a bus within a process: subscribers read them at their own pace, and whoever missed some can
//! have them again.
//!
//! One bounded log serves both, so publishers wait for nobody: a subscriber that falls behind its beginning goes on
//! there and is told how many it missed.

use std::collections::VecDeque;
use std::fmt;
use std::ops::RangeInclusive;

use event_listener::Event;

use super::gap::is_whole;
use super::heads::Heads;
use super::message::{CacheInvalidationMessage, CachePosition};
use crate::sync::{Arc, PlainMutex};

/// Messages in the form `F`. Dropping it ends the subscriptions once they have read the rest.
pub(super) struct Log<F>(Arc<Shared<F>>);

struct Shared<F> {
    capacity: usize,
    state: PlainMutex<State<F>>,
    changed: Event,
}

struct State<F> {
    records: VecDeque<Record<F>>,
    /// How many records went before the first of these.
    gone: u64,
    heads: Heads,
    closed: bool,
}

struct Record<F> {
    /// Which message this is, if it can be asked for again.
    position: Option<CachePosition>,
    form: F,
}

impl<F: Clone> Log<F> {
    pub(super) fn new(capacity: usize) -> Self {
        let state = State { records: VecDeque::new(), gone: 0, heads: Heads::default(), closed: false };
        let capacity = capacity.max(1);
        Self(Arc::new(Shared { capacity, state: PlainMutex::new(state), changed: Event::new() }))
    }

    /// Appends one record; `message` is the message in it, if it is one of this log's.
    pub(super) fn publish(&self, message: Option<&CacheInvalidationMessage>, form: F) {
        let position =
            message.filter(|message| message.is_sequenced()).map(CacheInvalidationMessage::position);
        let mut state = self.0.state.lock();
        if let Some(position) = position {
            // A mere position counts as well: whoever announced itself and published nothing has published nothing.
            state.heads.raise(position);
        }
        let position = message.filter(|message| message.is_numbered()).and(position).cloned();
        state.records.push_back(Record { position, form });
        let displaced = if state.records.len() > self.0.capacity { state.records.pop_front() } else { None };
        state.gone += u64::from(displaced.is_some());
        drop(state);
        self.0.changed.notify(usize::MAX);
        // What it held is freed without the lock.
        drop(displaced);
    }

    /// Begins to read at the end.
    pub(super) fn subscribe(&self) -> Tail<F> {
        let state = self.0.state.lock();
        Tail { next: state.end(), positions: state.heads.all(), shared: Arc::clone(&self.0) }
    }

    /// The messages of a range that are there, if those are all; see `CacheInvalidationBus::replay`. O(records kept).
    pub(super) fn replay(
        &self,
        publisher: &str,
        generation: u64,
        sequences: RangeInclusive<u64>,
        read: impl FnMut(F) -> Option<CacheInvalidationMessage>,
    ) -> Option<Vec<CacheInvalidationMessage>> {
        let state = self.0.state.lock();
        let head = state.heads.of(publisher, generation)?;
        let (start, end) = (*sequences.start(), head.min(*sequences.end()));
        if start > head.saturating_add(1) {
            return None;
        }
        let asked = |position: &CachePosition| {
            (start..=end).contains(&position.sequence())
                && position.generation() == generation
                && position.publisher() == publisher
        };
        let records = state.records.iter().filter_map(|record| match &record.position {
            Some(position) if asked(position) => Some((position.sequence(), record.form.clone())),
            _ => None,
        });
        let mut found: Vec<_> = records.collect();
        drop(state);
        // A message that was published again, or behind a later one, is there twice, or too late.
        found.sort_by_key(|(sequence, _)| *sequence);
        found.dedup_by_key(|(sequence, _)| *sequence);
        let messages: Option<Vec<_>> = found.into_iter().map(|(_, form)| form).map(read).collect();
        messages.filter(|messages| is_whole(start..=end, messages))
    }
}

impl<F> Drop for Log<F> {
    fn drop(&mut self) {
        self.0.state.lock().closed = true;
        self.0.changed.notify(usize::MAX);
    }
}

impl<F> fmt::Debug for Log<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.state.lock();
        f.debug_struct("Log")
            .field("capacity", &self.0.capacity)
            .field("records", &state.records.len())
            .field("gone", &state.gone)
            .finish_non_exhaustive()
    }
}

impl<F> State<F> {
    /// The number of the record that is appended next.
    fn end(&self) -> u64 {
        self.gone + self.records.len() as u64
    }
}

/// A reader of a log.
pub(super) struct Tail<F> {
    shared: Arc<Shared<F>>,
    next: u64,
    positions: Vec<CachePosition>,
}

/// What a reader finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<F> {
    Record(F),
    Lagged(u64),
    Closed,
}

impl<F: Clone> Tail<F> {
    /// Waits for the next record. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Next<F> {
        loop {
            if let Some(next) = self.try_next() {
                return next;
            }
            let changed = self.shared.changed.listen();
            // Looked at again, because what came before the listener was there woke nobody.
            if let Some(next) = self.try_next() {
                return next;
            }
            changed.await;
        }
    }

    fn try_next(&mut self) -> Option<Next<F>> {
        let state = self.shared.state.lock();
        let Some(ahead) = self.next.checked_sub(state.gone) else {
            let missed = state.gone - self.next;
            self.next = state.gone;
            return Some(Next::Lagged(missed));
        };
        let record = usize::try_from(ahead).ok().and_then(|ahead| state.records.get(ahead));
        match record {
            Some(record) => {
                self.next += 1;
                Some(Next::Record(record.form.clone()))
            }
            None => state.closed.then_some(Next::Closed),
        }
    }

    /// How far everybody had published when this began, or nothing when that is not known of all.
    pub(super) fn positions(&self) -> &[CachePosition] {
        &self.positions
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::invalidation::CacheInvalidation;
    use crate::invalidation::heads::MAX_HEADS;

    fn message(publisher: &str, sequence: u64) -> CacheInvalidationMessage {
        CacheInvalidationMessage::new(publisher, 7, sequence, CacheInvalidation::Key("k".into()))
    }

    fn publish(log: &Log<CacheInvalidationMessage>, message: CacheInvalidationMessage) {
        log.publish(Some(&message), message.clone());
    }

    fn replay(log: &Log<CacheInvalidationMessage>, sequences: RangeInclusive<u64>) -> Option<Vec<u64>> {
        let messages = log.replay("a", 7, sequences, Some)?;
        Some(messages.iter().map(CacheInvalidationMessage::sequence).collect())
    }

    #[test]
    fn what_was_published_twice_or_out_of_order_is_given_out_once_and_in_order() {
        let log = Log::new(16);
        for sequence in [1, 3, 2, 2, 4] {
            publish(&log, message("a", sequence));
        }
        assert_eq!(replay(&log, 1..=u64::MAX), Some(vec![1, 2, 3, 4]));
        assert_eq!(replay(&log, 2..=3), Some(vec![2, 3]));
        assert_eq!(replay(&log, 5..=u64::MAX), Some(vec![]));
        assert_eq!(replay(&log, 6..=u64::MAX), None);
        publish(&log, message("a", 6));
        assert_eq!(replay(&log, 4..=6), None, "the fifth never came");
    }

    #[test]
    fn whoever_tells_a_position_is_known_by_it() {
        let log = Log::new(16);
        let told = |sequence| CacheInvalidationMessage::new("a", 7, sequence, CacheInvalidation::Position);
        assert_eq!(replay(&log, 1..=u64::MAX), None);
        publish(&log, told(0));
        assert_eq!(replay(&log, 1..=u64::MAX), Some(vec![]));
        publish(&log, message("a", 1));
        publish(&log, told(1));
        assert_eq!(replay(&log, 1..=u64::MAX), Some(vec![1]));
        publish(&log, told(3));
        assert_eq!(replay(&log, 2..=3), None, "they were published, and never came here");
        assert_eq!(log.subscribe().positions(), [CachePosition::new("a", 7, 3)]);
    }

    #[test]
    fn a_number_that_lies_costs_nothing() {
        let log = Log::new(16);
        publish(&log, message("a", 1));
        publish(&log, message("a", u64::MAX));
        assert_eq!(replay(&log, 1..=u64::MAX), None);
        assert_eq!(replay(&log, u64::MAX..=u64::MAX), Some(vec![u64::MAX]));
    }

    #[test]
    fn positions_are_told_of_all_or_of_none() {
        let log = Log::new(1);
        for n in 0..MAX_HEADS {
            publish(&log, message(&format!("node-{n}"), 5));
        }
        assert_eq!(log.subscribe().positions().len(), MAX_HEADS);
        publish(&log, message("node-0", 6));
        publish(&log, message("one more", 1));
        assert!(log.subscribe().positions().is_empty());
        assert_eq!(log.replay("node-0", 7, 7..=u64::MAX, Some), Some(vec![]), "it published last but one");
        assert_eq!(log.replay("node-1", 7, 6..=u64::MAX, Some), None, "it is the one that is forgotten");
    }

    #[test]
    fn a_reader_reads_the_rest_of_a_log_that_is_gone() {
        let log = Log::new(16);
        let mut tail = log.subscribe();
        publish(&log, message("a", 1));
        assert_eq!(tail.next().now_or_never(), Some(Next::Record(message("a", 1))));
        assert_eq!(tail.next().now_or_never(), None);
        publish(&log, message("a", 2));
        drop(log);
        assert_eq!(tail.next().now_or_never(), Some(Next::Record(message("a", 2))));
        assert_eq!(tail.next().now_or_never(), Some(Next::Closed));
        assert_eq!(tail.next().now_or_never(), Some(Next::Closed));
    }

    #[test]
    fn a_reader_that_is_overtaken_goes_on_at_the_beginning() {
        let log = Log::new(2);
        let mut tail = log.subscribe();
        for sequence in 1..=5 {
            publish(&log, message("a", sequence));
        }
        assert_eq!(tail.next().now_or_never(), Some(Next::Lagged(3)));
        assert_eq!(tail.next().now_or_never(), Some(Next::Record(message("a", 4))));
        publish(&log, message("a", 6));
        publish(&log, message("a", 7));
        assert_eq!(tail.next().now_or_never(), Some(Next::Lagged(1)));
        assert_eq!(tail.next().now_or_never(), Some(Next::Record(message("a", 6))));
    }
}
