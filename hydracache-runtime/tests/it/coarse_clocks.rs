//! Clocks whose alarms ring before their time: whoever waits for a time asks again, and does not wait for ever.

use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::{Duration, Instant};

use futures_util::future::pending;
use futures_util::poll;
use hydracache_runtime::{Alarm, CacheResult, Clock, ErrorKind, Eviction, HydraCache, RefreshOptions};

use crate::support::{plain, ready, seconds, soon};

over_both_stores! {
    a_limit_whose_alarm_rings_early_still_ends_the_load,
    a_wait_whose_alarm_rings_early_still_ends,
    a_limit_ends_under_a_clock_that_ticks,
}

/// A clock that is moved by hand and rings whenever it is told to, whatever time it is. An alarm rings once.
#[derive(Debug, Clone, Default)]
struct Hasty(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    now: Duration,
    asked: u64,
    alarms: Vec<(u64, Waker)>,
}

impl Hasty {
    fn advance(&self, by: Duration) {
        self.0.lock().unwrap().now += by;
    }

    /// Rings all alarms and says how many there were.
    fn ring(&self) -> usize {
        let alarms = std::mem::take(&mut self.0.lock().unwrap().alarms);
        let rung = alarms.len();
        for (_, waker) in alarms {
            waker.wake();
        }
        rung
    }
}

impl Clock for Hasty {
    fn now(&self) -> Duration {
        self.0.lock().unwrap().now
    }

    fn wake_at(&self, _: Duration, waker: Waker) -> Alarm {
        let mut state = self.0.lock().unwrap();
        state.asked += 1;
        let asked = state.asked;
        state.alarms.push((asked, waker));
        let clock = self.clone();
        Alarm::new(move || clock.0.lock().unwrap().alarms.retain(|(number, _)| *number != asked))
    }
}

fn under(clock: impl Clock, eviction: Eviction) -> HydraCache {
    HydraCache::local().eviction(eviction).clock(clock).build()
}

/// A load that never ends.
async fn endless(cache: &HydraCache, limits: RefreshOptions) -> CacheResult<u32> {
    cache.get_or_load_with_refresh("k", plain(), limits, pending::<io::Result<u32>>).await
}

async fn a_limit_whose_alarm_rings_early_still_ends_the_load(eviction: Eviction) {
    let clock = Hasty::default();
    let cache = under(clock.clone(), eviction);
    let mut call = pin!(endless(&cache, RefreshOptions::new().load_timeout(seconds(2))));
    for _ in 0..3 {
        assert!(poll!(call.as_mut()).is_pending());
        assert_eq!(clock.ring(), 1, "it waits for an alarm again");
    }
    assert!(poll!(call.as_mut()).is_pending());
    clock.advance(seconds(2));
    assert_eq!(clock.ring(), 1);
    assert_eq!(ready(call).unwrap_err().kind(), ErrorKind::LoadTimeout);
    assert_eq!(clock.ring(), 0, "nobody waits any more");
}

async fn a_wait_whose_alarm_rings_early_still_ends(eviction: Eviction) {
    let clock = Hasty::default();
    let cache = under(clock.clone(), eviction);
    let mut leader = pin!(endless(&cache, RefreshOptions::new()));
    assert!(poll!(leader.as_mut()).is_pending());
    assert_eq!(clock.ring(), 0, "a load without a limit needs no alarm");
    let load = || async { Ok::<_, io::Error>(7_u32) };
    let limits = RefreshOptions::new().wait_timeout(seconds(2));
    let mut waiter = pin!(cache.get_or_load_with_refresh("k", plain(), limits, load));
    for _ in 0..3 {
        assert!(poll!(waiter.as_mut()).is_pending());
        assert_eq!(clock.ring(), 1, "it waits for an alarm again");
    }
    assert!(poll!(waiter.as_mut()).is_pending());
    clock.advance(seconds(2));
    assert_eq!(clock.ring(), 1);
    assert_eq!(ready(waiter).unwrap(), 7, "it has loaded itself");
}

/// Shows the time in steps, and rings by the operating system's clock.
#[derive(Debug)]
struct Ticking(Instant);

const STEP: Duration = Duration::from_millis(50);

impl Clock for Ticking {
    fn now(&self) -> Duration {
        let steps = self.0.elapsed().as_nanos() / STEP.as_nanos();
        STEP * u32::try_from(steps).unwrap()
    }
}

async fn a_limit_ends_under_a_clock_that_ticks(eviction: Eviction) {
    let cache = under(Ticking(Instant::now()), eviction);
    // When this has passed, the clock still shows the step before.
    let limits = RefreshOptions::new().load_timeout(STEP + Duration::from_millis(1));
    // In a task of its own, which nobody polls before it is woken.
    let call = tokio::spawn(async move { endless(&cache, limits).await });
    assert_eq!(soon(call).await.unwrap().unwrap_err().kind(), ErrorKind::LoadTimeout);
}
