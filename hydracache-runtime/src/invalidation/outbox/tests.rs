use futures_util::FutureExt;

use super::*;

fn outbox() -> Outbox {
    Outbox::new("a", 7)
}

fn key(n: usize) -> CacheInvalidation {
    CacheInvalidation::Key(format!("key:{n}"))
}

fn gone() -> Error {
    Error::Backend("the bus is gone")
}

/// What a ticket says without waiting: nothing yet, published, or which message failed.
fn said(ticket: &Ticket) -> Option<Result<(), u64>> {
    let outcome = ticket.wait().now_or_never()?;
    Some(outcome.map_err(|error| error.position().expect("it concerns a message").sequence()))
}

#[test]
fn messages_are_numbered_and_published_in_order() {
    let outbox = outbox();
    let tickets: Vec<_> = (0..3).map(|n| outbox.push(key(n))).collect();
    for (n, ticket) in tickets.iter().enumerate() {
        let head = outbox.head().unwrap();
        assert_eq!((head.publisher(), head.generation(), head.sequence()), ("a", 7, n as u64 + 1));
        assert_eq!(*head.invalidation(), key(n));
        assert_eq!(head.position(), ticket.position());
        assert_eq!(said(ticket), None);
        outbox.confirm(head.sequence());
        assert_eq!(said(ticket), Some(Ok(())));
    }
    assert_eq!(outbox.head(), None);
}

#[test]
fn what_failed_stays_the_head_and_everybody_behind_it_is_told() {
    let outbox = outbox();
    let (first, second) = (outbox.push(key(1)), outbox.push(key(2)));
    outbox.failed(1, &gone());
    assert_eq!(said(&first), Some(Err(1)));
    assert_eq!(said(&second), Some(Err(2)), "it cannot be published before the first");
    assert!(first.outcome().unwrap().unwrap_err().to_string().ends_with("the bus is gone"));
    assert_eq!(*outbox.head().unwrap().invalidation(), key(1));

    let third = outbox.push(key(3));
    assert_eq!(said(&third), Some(Err(3)), "nobody waits for a pause to end");
    outbox.confirm(1);
    let fourth = outbox.push(key(4));
    for sequence in 2..=4 {
        assert_eq!(said(&fourth), None);
        outbox.confirm(sequence);
    }
    assert_eq!(said(&fourth), Some(Ok(())));
    assert_eq!(said(&first), Some(Err(1)), "what was told stands");
}

#[test]
fn too_many_are_replaced_by_one_flush_with_the_last_number() {
    let outbox = outbox();
    outbox.push(key(0));
    outbox.confirm(1);
    let tickets: Vec<_> = (0..=CAPACITY).map(|n| outbox.push(key(n))).collect();
    assert_eq!((outbox.len(), outbox.replaced()), (1, CAPACITY as u64 + 1));
    let flush = outbox.head().unwrap();
    assert_eq!(*flush.invalidation(), CacheInvalidation::Flush);
    assert_eq!(flush.sequence(), CAPACITY as u64 + 2);
    assert!(tickets.iter().all(|ticket| said(ticket).is_none()));
    outbox.confirm(flush.sequence());
    assert!(tickets.iter().all(|ticket| said(ticket) == Some(Ok(()))), "the flush stands for all of them");
    outbox.push(key(0));
    assert_eq!(outbox.head().unwrap().sequence(), flush.sequence() + 1);
}

#[test]
fn what_is_on_its_way_while_it_is_replaced_is_published_in_any_case() {
    let outbox = outbox();
    let first = outbox.push(key(0));
    let on_its_way = outbox.head().unwrap();
    for n in 0..CAPACITY {
        outbox.push(key(n));
    }
    outbox.confirm(on_its_way.sequence());
    assert_eq!(outbox.position().sequence(), 1);
    assert_eq!(outbox.len(), 1, "the flush is still to be published");
    assert_eq!(said(&first), None);
    outbox.confirm(outbox.head().unwrap().sequence());
    assert_eq!(said(&first), Some(Ok(())));
    assert_eq!(outbox.len(), 0);
}

#[test]
fn only_those_who_wait_are_remembered_while_nothing_can_be_published() {
    let outbox = outbox();
    let patient = outbox.push(key(0));
    for n in 0..5 * CAPACITY {
        outbox.push(key(n));
    }
    // The message that overflowed last is remembered whether anybody waits or not.
    let remembered = outbox.state.lock().queue.iter().map(|queued| queued.tellers.len()).max();
    assert_eq!(remembered, Some(2));
    assert_eq!(said(&patient), None);
    outbox.failed(outbox.head().unwrap().sequence(), &gone());
    assert_eq!(said(&patient), Some(Err(1)));
}

#[test]
fn what_the_bus_can_never_carry_becomes_a_flush() {
    let outbox = outbox();
    let (first, second) = (outbox.push(key(1)), outbox.push(key(2)));
    let cannot = Error::new(ErrorKind::Encode, "too long");
    outbox.failed(1, &cannot);
    assert_eq!((said(&first), said(&second)), (None, None), "the next attempt is another");
    let head = outbox.head().unwrap();
    assert_eq!((head.sequence(), head.invalidation()), (1, &CacheInvalidation::Flush));
    assert_eq!(outbox.replaced(), 1);
    outbox.failed(1, &cannot);
    assert_eq!(said(&first), Some(Err(1)), "not even a flush can be carried");
}

#[test]
fn the_position_tells_what_was_published_and_not_what_waits() {
    let outbox = outbox();
    assert_eq!(outbox.position(), CacheInvalidationMessage::new("a", 7, 0, CacheInvalidation::Position));
    outbox.push(key(1));
    outbox.push(key(2));
    assert_eq!(outbox.position().sequence(), 0);
    outbox.confirm(1);
    assert_eq!(outbox.position().sequence(), 1);
}

#[test]
fn work_is_waited_for() {
    let outbox = outbox();
    assert_eq!(outbox.wait_for_work().now_or_never(), None);
    let mut waiting = Box::pin(outbox.wait_for_work());
    assert_eq!(waiting.as_mut().now_or_never(), None);
    outbox.push(key(1));
    assert_eq!(waiting.now_or_never(), Some(true));
    outbox.close();
    assert_eq!(outbox.wait_for_work().now_or_never(), Some(true), "something is left");
    outbox.confirm(1);
    assert_eq!(outbox.wait_for_work().now_or_never(), Some(false));
}

#[test]
fn those_who_wait_are_told_when_the_outbox_goes() {
    let outbox = outbox();
    let ticket = outbox.push(key(1));
    drop(outbox);
    assert_eq!(said(&ticket), Some(Err(1)));
}
