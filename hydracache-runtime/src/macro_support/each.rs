//! One function for many keys, called for one after the other: for warming up, and for reading many.

use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::Poll;

use super::Outcome;

/// How many calls run at a time.
const AT_ONCE: usize = 16;

/// What came of loading many keys before they are asked for.
///
/// ```
/// # #[derive(Debug)] struct DbError;
/// # fn example(warmed: hydracache_runtime::Warmed<DbError>) {
/// if !warmed.failed.is_empty() {
///     eprintln!("{} of the keys could not be loaded: {:?}", warmed.failed.len(), warmed.failed[0]);
/// }
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "it says what could not be loaded"]
#[non_exhaustive]
pub struct Warmed<E> {
    /// How many keys have a value now, those included that had one before.
    pub ready: usize,
    /// What the other loads ended with.
    pub failed: Vec<E>,
}

impl<E> Warmed<E> {
    fn note<T>(&mut self, result: Result<T, E>) {
        match result {
            Ok(_) => self.ready += 1,
            Err(error) => self.failed.push(error),
        }
    }
}

/// Calls a function for each key, a bounded number at a time, and does not stop where one fails.
pub async fn warm<const SHAPE: u8, R, K, Fut>(
    keys: impl IntoIterator<Item = K>,
    call: impl FnMut(K) -> Fut,
) -> Warmed<R::Error>
where
    R: Outcome<SHAPE>,
    Fut: Future<Output = R>,
{
    let mut warmed = Warmed { ready: 0, failed: Vec::new() };
    let going_on: ControlFlow<()> = each(keys, call, |_, result| {
        warmed.note(result.split());
        ControlFlow::Continue(())
    })
    .await;
    debug_assert!(going_on.is_continue());
    warmed
}

/// Calls a function for each key, a bounded number at a time: the values in the order of the keys, or the first error.
pub async fn get_each<const SHAPE: u8, R, K, Fut>(
    keys: impl IntoIterator<Item = K>,
    call: impl FnMut(K) -> Fut,
) -> Result<Vec<R::Value>, R::Error>
where
    R: Outcome<SHAPE>,
    Fut: Future<Output = R>,
{
    let mut values = Vec::new();
    let ended = each(keys, call, |at, result: R| {
        if values.len() <= at {
            values.resize_with(at + 1, || None);
        }
        match result.split() {
            Ok(value) => values[at] = Some(value),
            Err(error) => return ControlFlow::Break(error),
        }
        ControlFlow::Continue(())
    });
    match ended.await {
        ControlFlow::Continue(()) => Ok(values.into_iter().flatten().collect()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// As [`warm`], one after the other on this thread.
pub fn warm_blocking<const SHAPE: u8, R: Outcome<SHAPE>, K>(
    keys: impl IntoIterator<Item = K>,
    mut call: impl FnMut(K) -> R,
) -> Warmed<R::Error> {
    let mut warmed = Warmed { ready: 0, failed: Vec::new() };
    for key in keys {
        warmed.note(call(key).split());
    }
    warmed
}

/// As [`get_each`], one after the other on this thread.
pub fn get_each_blocking<const SHAPE: u8, R: Outcome<SHAPE>, K>(
    keys: impl IntoIterator<Item = K>,
    mut call: impl FnMut(K) -> R,
) -> Result<Vec<R::Value>, R::Error> {
    let calls = keys.into_iter().map(|key| call(key).split());
    calls.collect()
}

/// Runs the calls, polled by the task that polls this; each result is handed on with its position.
async fn each<K, R, B, Fut: Future<Output = R>>(
    keys: impl IntoIterator<Item = K>,
    mut call: impl FnMut(K) -> Fut,
    mut ended: impl FnMut(usize, R) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let mut keys = keys.into_iter().enumerate();
    let mut running: Vec<(usize, Pin<Box<Fut>>)> = Vec::with_capacity(AT_ONCE);
    poll_fn(|context| {
        loop {
            while running.len() < AT_ONCE
                && let Some((at, key)) = keys.next()
            {
                running.push((at, Box::pin(call(key))));
            }
            let mut at_rest = true;
            let mut next = 0;
            while let Some((at, future)) = running.get_mut(next) {
                let Poll::Ready(result) = future.as_mut().poll(context) else {
                    next += 1;
                    continue;
                };
                at_rest = false;
                let at = *at;
                drop(running.remove(next));
                if let ControlFlow::Break(with) = ended(at, result) {
                    return Poll::Ready(ControlFlow::Break(with));
                }
            }
            if running.is_empty() && at_rest {
                return Poll::Ready(ControlFlow::Continue(()));
            }
            if at_rest {
                return Poll::Pending;
            }
        }
    })
    .await
}
