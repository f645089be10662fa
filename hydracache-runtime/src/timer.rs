//! Waking at a time: the process's own timer, and the future that waits on a cache's clock.
//!
//! The crate needs no runtime, and a runtime need not have a timer; so one thread, started when the first alarm is
//! set and ended when there has been none for a while, wakes whoever asked.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::{Alarm, Clock, Tick};
use crate::sync::Arc;

/// How long the thread stays when there is nothing to wait for.
const LINGER: Duration = Duration::from_secs(10);

/// The wake-ups that were asked for, by their time and in the order of asking.
#[derive(Debug, Default)]
struct Alarms {
    due: BTreeMap<(Instant, u64), Waker>,
    asked: u64,
    running: bool,
}

static ALARMS: Mutex<Alarms> = Mutex::new(Alarms { due: BTreeMap::new(), asked: 0, running: false });
static EARLIER: Condvar = Condvar::new();

fn lock() -> MutexGuard<'static, Alarms> {
    ALARMS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Wakes `waker` after `delay`.
pub(crate) fn wake_after(delay: Duration, waker: Waker) -> Alarm {
    let Some(at) = Instant::now().checked_add(delay) else { return Alarm::new(|| {}) };
    let mut alarms = lock();
    alarms.asked += 1;
    let key = (at, alarms.asked);
    let earliest = alarms.due.first_key_value().is_none_or(|(first, _)| key < *first);
    alarms.due.insert(key, waker);
    if !alarms.running {
        let started = thread::Builder::new().name("hydracache-timer".into()).spawn(run);
        alarms.running =
            started.inspect_err(|error| tracing::warn!(%error, "the timer could not be started")).is_ok();
    } else if earliest {
        EARLIER.notify_one();
    }
    drop(alarms);
    Alarm::new(move || {
        let called_off = lock().due.remove(&key);
        // A waker's drop is code of its executor's and runs outside the lock.
        drop(called_off);
    })
}

/// Wakes everybody. A waker is code of its executor, whose failure is no concern of the others.
pub(crate) fn wake_all(wakers: impl IntoIterator<Item = Waker>) {
    for waker in wakers {
        if catch_unwind(AssertUnwindSafe(|| waker.wake())).is_err() {
            tracing::error!("waking somebody who waited panicked");
        }
    }
}

fn run() {
    let mut alarms = lock();
    loop {
        let now = Instant::now();
        let due: Vec<Waker> = {
            let later = alarms.due.split_off(&(now, u64::MAX));
            std::mem::replace(&mut alarms.due, later).into_values().collect()
        };
        if !due.is_empty() {
            drop(alarms);
            wake_all(due);
            alarms = lock();
            continue;
        }
        let next = alarms.due.first_key_value().map(|((at, _), _)| at.saturating_duration_since(now));
        let (woken, waited) =
            EARLIER.wait_timeout(alarms, next.unwrap_or(LINGER)).unwrap_or_else(PoisonError::into_inner);
        alarms = woken;
        if next.is_none() && waited.timed_out() && alarms.due.is_empty() {
            alarms.running = false;
            return;
        }
    }
}

/// Waits until a clock shows a time.
pub(crate) struct Sleep {
    clock: Arc<dyn Clock>,
    until: Duration,
    alarm: Option<Alarm>,
}

impl Sleep {
    pub(crate) fn until(clock: Arc<dyn Clock>, tick: Tick) -> Self {
        Self { clock, until: Duration::from_nanos(tick.raw()), alarm: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if this.clock.now() >= this.until {
            this.alarm = None;
            return Poll::Ready(());
        }
        // Set anew each time: the one before may have rung while the clock still showed an earlier time.
        this.alarm = Some(this.clock.wake_at(this.until, context.waker().clone()));
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::policy::nanos;
    use crate::sync::block_on;

    #[test]
    fn a_sleep_ends_when_its_time_has_come_and_not_before() {
        let clock = Arc::new(SystemClock::new());
        for wait in [30, 1, 10].map(Duration::from_millis) {
            let until = Tick::of(&*clock).plus(nanos(wait));
            block_on(Sleep::until(Arc::clone(&clock) as Arc<dyn Clock>, until));
            assert!(Tick::of(&*clock) >= until);
        }
    }

    #[test]
    fn an_alarm_that_is_dropped_is_called_off() {
        let alarm = wake_after(Duration::from_secs(3_600), Waker::noop().clone());
        let ours = |alarms: &Alarms| {
            alarms.due.keys().filter(|(at, _)| *at > Instant::now() + Duration::from_secs(1_800)).count()
        };
        assert_eq!(ours(&lock()), 1);
        drop(alarm);
        assert_eq!(ours(&lock()), 0);
    }
}
