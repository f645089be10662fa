//! Who waits for whom, so that a load which would wait for itself is an error instead of a deadlock.
//!
//! While a loader is polled, a thread-local names its flight. A call made there waits for another flight, by leading
//! it or by joining it; that is an edge of a graph over the whole process. Before an edge that joins is added, the
//! graph is asked whether the other flight already waits for this one. Calls outside of loaders never come here.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use smallvec::SmallVec;
use tokio::task;

use super::Flight;
use crate::error::{Error, ErrorKind};
use crate::key::CacheKey;
use crate::sync::{Arc, PlainMutex, thread_local};

thread_local! {
    /// The flight whose loader is being polled on this thread, and by which task.
    static POLLED: RefCell<Option<Polled>> = const { RefCell::new(None) };
}

#[derive(Debug, Clone)]
struct Polled {
    flight: Arc<Flight>,
    task: Option<task::Id>,
}

/// Flights whose loaders wait, by id.
static WAITING: PlainMutex<Option<HashMap<u64, Node>>> = PlainMutex::new(None);

#[derive(Debug)]
struct Node {
    key: CacheKey,
    waits_for: SmallVec<[u64; 2]>,
}

/// Says, while it lives, that the loader of one flight waits for another.
#[derive(Debug)]
pub(crate) struct Edge {
    from: u64,
    to: u64,
}

/// Runs `work` as part of the loader of `flight`.
pub(crate) fn enter<R>(flight: &Arc<Flight>, work: impl FnOnce() -> R) -> R {
    struct Restore(Option<Polled>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let _ = POLLED.try_with(|polled| polled.replace(self.0.take()));
        }
    }
    let now = Polled { flight: Arc::clone(flight), task: task::try_id() };
    let _restore = Restore(POLLED.with(|polled| polled.replace(Some(now))));
    work()
}

impl Edge {
    /// The calling loader, if there is one, leads `flight`. That cannot close a cycle: it waits for nothing yet.
    pub(crate) fn lead(flight: &Flight) -> Option<Self> {
        let caller = polled()?;
        Some(add(WAITING.lock().get_or_insert_default(), &caller, flight))
    }

    /// One call of a loader serves both flights: whoever waits for `flight` waits for `first`.
    pub(crate) fn beside(flight: &Flight, first: &Flight) -> Self {
        add(WAITING.lock().get_or_insert_default(), flight, first)
    }

    /// The calling loader, if there is one, is about to wait for `flight`; an error if that would be for ever.
    pub(crate) fn join(flight: &Flight) -> Result<Option<Self>, Error> {
        let Some(caller) = polled() else { return Ok(None) };
        let mut waiting = WAITING.lock();
        let waiting = waiting.get_or_insert_default();
        let mut path = vec![flight.id];
        if reaches(waiting, flight.id, caller.id, &mut path, &mut HashSet::new()) {
            return Err(cycle(waiting, &caller, flight, &path));
        }
        Ok(Some(add(waiting, &caller, flight)))
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let mut waiting = WAITING.lock();
        let Some(waiting) = waiting.as_mut() else { return };
        let Some(node) = waiting.get_mut(&self.from) else { return };
        if let Some(at) = node.waits_for.iter().position(|&to| to == self.to) {
            node.waits_for.swap_remove(at);
        }
        if node.waits_for.is_empty() {
            waiting.remove(&self.from);
        }
    }
}

/// The flight that the calling code loads for. A loader that blocks on an executor may have other tasks polled on its
/// thread; those are no part of it.
fn polled() -> Option<Arc<Flight>> {
    let polled = POLLED.try_with(|polled| polled.borrow().clone()).ok().flatten()?;
    let task = task::try_id();
    (task.is_none() || task == polled.task).then_some(polled.flight)
}

fn add(waiting: &mut HashMap<u64, Node>, from: &Flight, to: &Flight) -> Edge {
    let node = waiting
        .entry(from.id)
        .or_insert_with(|| Node { key: from.key.to_cache_key(), waits_for: SmallVec::new() });
    node.waits_for.push(to.id);
    Edge { from: from.id, to: to.id }
}

/// Whether `from` waits for `goal`, leaving the way there in `path`. Each flight is looked at once.
fn reaches(
    waiting: &HashMap<u64, Node>,
    from: u64,
    goal: u64,
    path: &mut Vec<u64>,
    seen: &mut HashSet<u64>,
) -> bool {
    if from == goal {
        return true;
    }
    if !seen.insert(from) {
        return false;
    }
    let Some(node) = waiting.get(&from) else { return false };
    node.waits_for.iter().any(|&next| {
        path.push(next);
        reaches(waiting, next, goal, path, seen) || {
            path.pop();
            false
        }
    })
}

fn cycle(waiting: &HashMap<u64, Node>, caller: &Flight, joined: &Flight, path: &[u64]) -> Error {
    let name = |id: u64| match id {
        id if id == caller.id => caller.key.to_cache_key(),
        id if id == joined.id => joined.key.to_cache_key(),
        id => waiting.get(&id).map_or_else(|| joined.key.to_cache_key(), |node| node.key.clone()),
    };
    let chain: Vec<String> =
        std::iter::once(caller.id).chain(path.iter().copied()).map(|id| format!("`{}`", name(id))).collect();
    let message = format!(
        "a load waits for itself: {}; a loader must not ask the cache for a key that is loaded by asking for its own",
        chain.join(" -> ")
    );
    Error::new(ErrorKind::LoadCycle, message)
}
