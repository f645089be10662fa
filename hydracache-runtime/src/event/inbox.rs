//! What one subscriber has not read yet.

use std::collections::VecDeque;
use std::mem;
use std::task::{Context, Poll, Waker};

use super::cache_event::CacheEvent;
use super::filter::Filter;
use super::subscriber::CacheEventRecvError;
use super::wakes::Wakes;
use crate::sync::Mutex;

/// The ring of one subscriber: the events it asked for, the oldest of which is overwritten when there are too many.
///
/// Each subscriber has its own, so that a flood of events which it did not ask for pushes nothing out, and so that
/// what it missed is counted in events it would have received. The events themselves are shared.
#[derive(Debug)]
pub(super) struct Inbox {
    filter: Filter,
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    unread: VecDeque<CacheEvent>,
    /// How many were overwritten since the subscriber was told.
    missed: u64,
    waiting: Option<Waker>,
    closed: bool,
}

/// What there is to receive at once.
type Next = Poll<Result<CacheEvent, CacheEventRecvError>>;

impl Inbox {
    pub(super) fn new(filter: Filter, capacity: usize) -> Self {
        Self { filter, capacity, state: Mutex::default() }
    }

    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Puts an event in and says whether another had to go. Runs no code but ours: an event holds names only.
    pub(super) fn deliver(&self, event: &CacheEvent, wakes: &mut Wakes) -> bool {
        let mut state = self.state.lock();
        let full = state.unread.len() >= self.capacity;
        if full {
            state.unread.pop_front();
            state.missed += 1;
        }
        state.unread.push_back(event.clone());
        if let Some(waker) = state.waiting.take() {
            wakes.push(waker);
        }
        full
    }

    /// Nothing will be delivered any more; what is here can still be read.
    pub(super) fn close(&self, wakes: &mut Wakes) {
        let mut state = self.state.lock();
        state.closed = true;
        if let Some(waker) = state.waiting.take() {
            wakes.push(waker);
        }
    }

    pub(super) fn next(&self) -> Next {
        self.state.lock().next()
    }

    /// Takes what there is, or leaves the waker of `cx` for what comes.
    pub(super) fn poll_next(&self, cx: &Context<'_>) -> Next {
        {
            let mut state = self.state.lock();
            let next = state.next();
            let known = state.waiting.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
            if next.is_ready() || known {
                return next;
            }
        }
        // Cloning a waker and dropping one run code of the caller's executor, so neither happens under the lock.
        let waker = cx.waker().clone();
        let mut state = self.state.lock();
        let next = state.next();
        let unused = if next.is_ready() { Some(waker) } else { state.waiting.replace(waker) };
        drop(state);
        drop(unused);
        next
    }
}

impl State {
    fn next(&mut self) -> Next {
        if self.missed > 0 {
            return Poll::Ready(Err(CacheEventRecvError::Lagged(mem::take(&mut self.missed))));
        }
        match self.unread.pop_front() {
            Some(event) => Poll::Ready(Ok(event)),
            None if self.closed => Poll::Ready(Err(CacheEventRecvError::Closed)),
            None => Poll::Pending,
        }
    }
}
