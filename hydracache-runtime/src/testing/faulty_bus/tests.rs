use futures_util::FutureExt;

use super::*;
use crate::InMemoryInvalidationBus;

fn message(sequence: u64) -> CacheInvalidationMessage {
    CacheInvalidationMessage::new("a", 7, sequence, CacheInvalidation::Key("k".into()))
}

struct Bench {
    bus: FaultyBus<InMemoryInvalidationBus>,
    receiver: Box<dyn CacheInvalidationReceiver>,
}

impl Bench {
    fn new() -> Self {
        let bus = FaultyBus::new(InMemoryInvalidationBus::default());
        let receiver = bus.subscribe();
        Self { bus, receiver }
    }

    fn publish(&self, sequences: RangeInclusive<u64>) {
        for sequence in sequences {
            self.publish_one(message(sequence)).unwrap();
        }
    }

    fn publish_one(&self, message: CacheInvalidationMessage) -> CacheResult<()> {
        self.bus.publish(message).now_or_never().expect("it waits for nothing")
    }

    /// The numbers of what was received so far.
    fn received(&mut self) -> Vec<u64> {
        let mut received = Vec::new();
        while let Some(next) = self.receiver.recv().now_or_never() {
            let CacheInvalidationReceive::Message(message) = next else { panic!("{next:?} is no message") };
            received.push(message.sequence());
        }
        received
    }

    fn replay(&self, sequences: RangeInclusive<u64>) -> CacheResult<Option<usize>> {
        let replayed = self.bus.replay("a", 7, sequences).now_or_never().expect("it waits for nothing");
        replayed.map(|messages| messages.map(|messages| messages.len()))
    }
}

#[test]
fn dropped_messages_can_be_had_again_and_lost_ones_cannot() {
    let mut bench = Bench::new();
    bench.bus.drop_next(2);
    bench.publish(1..=3);
    assert_eq!(bench.received(), [3]);
    assert_eq!(bench.replay(1..=3).unwrap(), Some(3));
    bench.bus.lose_next(1);
    bench.publish(4..=5);
    assert_eq!(bench.received(), [5]);
    assert_eq!(bench.replay(4..=4).unwrap(), None);
}

#[test]
fn messages_are_duplicated_and_swapped() {
    let mut bench = Bench::new();
    bench.bus.duplicate_next();
    bench.publish(1..=2);
    assert_eq!(bench.received(), [1, 1, 2]);
    bench.bus.swap_next();
    bench.publish(3..=5);
    assert_eq!(bench.received(), [4, 3, 5]);
    assert_eq!(bench.replay(1..=5).unwrap(), Some(5));
}

#[test]
fn messages_are_held_back_and_released_in_order() {
    let mut bench = Bench::new();
    bench.publish(1..=1);
    bench.bus.swap_next();
    bench.publish(2..=2);
    bench.bus.hold();
    bench.publish(3..=4);
    assert_eq!(bench.received(), [1]);
    bench.bus.release().now_or_never().unwrap().unwrap();
    assert_eq!(bench.received(), [3, 2, 4]);
    bench.publish(5..=5);
    assert_eq!(bench.received(), [5]);
}

#[test]
fn publishing_fails_before_or_after_the_fact() {
    let mut bench = Bench::new();
    bench.bus.fail_next(2);
    bench.bus.fail_late_next(1);
    for _ in 0..2 {
        assert!(bench.publish_one(message(1)).is_err());
    }
    assert_eq!(bench.received(), []);
    assert!(bench.publish_one(message(1)).is_err());
    assert_eq!(bench.received(), [1]);
    bench.publish(2..=2);
    assert_eq!(bench.received(), [2]);
    bench.bus.fail_replays(1);
    assert!(bench.replay(1..=2).is_err());
    assert_eq!(bench.replay(1..=2).unwrap(), Some(2));
}

#[test]
fn positions_are_passed_on_untouched() {
    let mut bench = Bench::new();
    bench.bus.drop_next(1);
    bench.bus.fail_next(1);
    let position = CacheInvalidationMessage::new("a", 7, 9, CacheInvalidation::Position);
    bench.publish_one(position.clone()).unwrap();
    assert_eq!(bench.received(), [9]);
    bench.bus.hold();
    bench.publish_one(position).unwrap();
    assert_eq!(bench.received(), []);
}

#[test]
fn receivers_are_closed_while_they_are_waited_on() {
    let mut bench = Bench::new();
    let mut waiting = bench.receiver.recv();
    assert!((&mut waiting).now_or_never().is_none());
    bench.bus.close_receivers();
    assert!(matches!(waiting.now_or_never(), Some(CacheInvalidationReceive::Closed)));
    bench.publish(1..=1);
    assert!(matches!(bench.receiver.recv().now_or_never(), Some(CacheInvalidationReceive::Closed)));
    bench.receiver = bench.bus.subscribe();
    bench.publish(2..=2);
    assert_eq!(bench.received(), [2]);
}
