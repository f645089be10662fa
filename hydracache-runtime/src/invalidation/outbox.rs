//! What a cache has invalidated and not published yet.

use std::collections::VecDeque;
use std::mem;

use event_listener::Event;
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::message::{CacheInvalidation, CacheInvalidationMessage, CachePosition};
use super::ticket::{Teller, Ticket, ticket};
use crate::error::{Error, ErrorKind};
use crate::sync::PlainMutex;

/// How many messages wait at most.
const CAPACITY: usize = 4_096;

/// Numbers invalidations in the order in which they are pushed and keeps them in it until a bus took them.
///
/// Whoever publishes takes the [`head`](Self::head), publishes it, and says [`confirm`](Self::confirm) or
/// [`failed`](Self::failed). The head stays where it is until it is confirmed, so nothing overtakes it.
///
/// No more than [`CAPACITY`] messages wait. The next one replaces all of them and itself by a single flush that bears the
/// highest of their numbers: for its receivers the numbers before it are missing, and what it does covers them.
#[derive(Debug)]
pub(crate) struct Outbox {
    publisher: SmolStr,
    generation: u64,
    state: PlainMutex<State>,
    work: Event,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Queued>,
    /// The number given out last.
    assigned: u64,
    /// The number published last.
    confirmed: u64,
    replaced: u64,
    closed: bool,
    /// Why the last attempt failed, until one succeeds.
    broken: Option<Error>,
}

#[derive(Debug)]
struct Queued {
    message: CacheInvalidationMessage,
    tellers: SmallVec<[Teller; 1]>,
}

impl Outbox {
    /// Nothing to publish yet; the first message will have number one.
    pub(crate) fn new(publisher: &str, generation: u64) -> Self {
        Self { publisher: publisher.into(), generation, state: PlainMutex::default(), work: Event::new() }
    }

    /// Queues an invalidation that was applied here. The ticket tells when it was published.
    pub(crate) fn push(&self, invalidation: CacheInvalidation) -> Ticket {
        let mut state = self.state.lock();
        state.assigned += 1;
        let message = self.message(state.assigned, invalidation);
        let (ticket, teller) = ticket(message.position().clone());
        let displaced = if state.queue.len() < CAPACITY {
            state.queue.push_back(Queued { message, tellers: SmallVec::from_buf([teller]) });
            None
        } else {
            let flush = self.message(state.assigned, CacheInvalidation::Flush);
            Some(state.replace_all(flush, teller))
        };
        if let Some(error) = state.broken.clone() {
            // It waits behind a message that is about to be tried again, after a pause; nobody is to wait for that.
            for teller in state.queue.iter_mut().flat_map(|queued| mem::take(&mut queued.tellers)) {
                teller.failed(&error);
            }
        }
        drop(state);
        self.work.notify(usize::MAX);
        // Thousands of texts are freed without the lock.
        drop(displaced);
        ticket
    }

    /// The message to publish next.
    pub(crate) fn head(&self) -> Option<CacheInvalidationMessage> {
        self.state.lock().queue.front().map(|queued| queued.message.clone())
    }

    /// Notes that the bus took the message with that number, and tells those who wait for it.
    pub(crate) fn confirm(&self, sequence: u64) {
        let mut state = self.state.lock();
        state.confirmed = state.confirmed.max(sequence);
        state.broken = None;
        // Otherwise a flush has taken its place meanwhile, and those who wait learn of that.
        let is_head = state.queue.front().is_some_and(|queued| queued.message.sequence() == sequence);
        let published = if is_head { state.queue.pop_front() } else { None };
        drop(state);
        for teller in published.iter().flat_map(|queued| &queued.tellers) {
            teller.published();
        }
    }

    /// Notes that the bus did not take the message with that number, which stays the head.
    ///
    /// Everybody is told who waits for it or for one behind it, because none of these can be published before it. If the
    /// bus can never carry the message, a flush takes its place under its number, and nobody is told yet.
    pub(crate) fn failed(&self, sequence: u64, error: &Error) {
        let mut state = self.state.lock();
        if error.kind() == ErrorKind::Encode && state.flush_instead(sequence) {
            return;
        }
        state.broken = Some(error.clone());
        let tellers: Vec<_> =
            state.queue.iter_mut().flat_map(|queued| mem::take(&mut queued.tellers)).collect();
        drop(state);
        for teller in tellers {
            teller.failed(error);
        }
    }

    /// Waits until there is something to publish; false when there is not, and never will be again.
    ///
    /// Dropping the future loses nothing.
    pub(crate) async fn wait_for_work(&self) -> bool {
        loop {
            let work = self.work.listen();
            {
                let state = self.state.lock();
                if !state.queue.is_empty() {
                    return true;
                }
                if state.closed {
                    return false;
                }
            }
            work.await;
        }
    }

    /// Waits until nothing more will be pushed.
    pub(crate) async fn wait_until_closed(&self) {
        loop {
            let work = self.work.listen();
            if self.state.lock().closed {
                return;
            }
            work.await;
        }
    }

    /// Says that nothing more will be pushed.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.work.notify(usize::MAX);
    }

    /// A message that tells receivers how far this has published, for when they may have missed the last one.
    pub(crate) fn position(&self) -> CacheInvalidationMessage {
        self.message(self.state.lock().confirmed, CacheInvalidation::Position)
    }

    /// How many messages wait.
    pub(crate) fn len(&self) -> usize {
        self.state.lock().queue.len()
    }

    /// How many messages were replaced by flushes, because too many waited or the bus could not carry them.
    pub(crate) fn replaced(&self) -> u64 {
        self.state.lock().replaced
    }

    fn message(&self, sequence: u64, invalidation: CacheInvalidation) -> CacheInvalidationMessage {
        CacheInvalidationMessage::new(&self.publisher, self.generation, sequence, invalidation)
    }
}

impl State {
    /// Puts a flush in the place of all that waits, and those who wait with it.
    fn replace_all(&mut self, flush: CacheInvalidationMessage, teller: Teller) -> VecDeque<Queued> {
        let mut displaced = mem::take(&mut self.queue);
        self.replaced += displaced.len() as u64 + 1;
        let waiting = displaced.iter_mut().flat_map(|queued| mem::take(&mut queued.tellers));
        // However often this happens, only those are kept whom somebody asks.
        let mut tellers: SmallVec<[Teller; 1]> = waiting.filter(Teller::is_asked).collect();
        tellers.push(teller);
        self.queue.push_back(Queued { message: flush, tellers });
        displaced
    }

    /// Makes the head a flush; false if it is one, or another message.
    fn flush_instead(&mut self, sequence: u64) -> bool {
        let Some(head) = self.queue.front_mut() else { return false };
        let position: &CachePosition = head.message.position();
        if position.sequence() != sequence || *head.message.invalidation() == CacheInvalidation::Flush {
            return false;
        }
        let flush = CacheInvalidation::Flush;
        head.message =
            CacheInvalidationMessage::new(position.publisher(), position.generation(), sequence, flush);
        self.replaced += 1;
        true
    }
}

#[cfg(test)]
mod tests;
