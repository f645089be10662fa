//! Flights change hands: a leader that goes away or panics leaves those who wait neither waiting nor with nothing.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hydracache_runtime::testing::models::in_runtime;
use hydracache_runtime::{CacheOptions, HydraCache};
use shuttle::future::{block_on, yield_now};
use shuttle::thread;

use crate::world::{abandon, join};

/// Loads of one key that must never overlap.
#[derive(Debug, Default)]
struct Loads {
    begun: AtomicU64,
    running: AtomicU64,
}

/// One of them, until it ends in whatever way.
struct Running(Arc<Loads>);

impl Running {
    fn begin(loads: &Arc<Loads>) -> Self {
        loads.begun.fetch_add(1, Ordering::Relaxed);
        assert_eq!(loads.running.fetch_add(1, Ordering::Relaxed), 0, "one load at a time");
        Self(Arc::clone(loads))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A cache and the loads of the key that everybody asks for.
#[derive(Debug, Clone)]
struct Desk {
    cache: HydraCache,
    loads: Arc<Loads>,
}

/// Asks for the key in one way or another.
type Role = fn(&Desk);

impl Desk {
    /// Asks for the key; `turn` is what a load does in the midst of it.
    async fn call(&self, turn: fn()) -> u8 {
        let loads = Arc::clone(&self.loads);
        let load = async move {
            let running = Running::begin(&loads);
            yield_now().await;
            turn();
            yield_now().await;
            drop(running);
            Ok::<_, Infallible>(7)
        };
        self.cache.get_or_load("k", CacheOptions::new(), || load).await.unwrap()
    }

    fn begun(&self) -> u64 {
        self.loads.begun.load(Ordering::Relaxed)
    }
}

fn stay(desk: &Desk) {
    assert_eq!(block_on(desk.call(|| ())), 7);
}

/// Calls and goes away after it was polled once or twice.
fn leave(desk: &Desk) {
    assert!(abandon(desk.call(|| ()), 1).is_none_or(|value| value == 7));
}

fn leave_later(desk: &Desk) {
    assert!(abandon(desk.call(|| ()), 2).is_none_or(|value| value == 7));
}

/// Calls beside a write of its own, which comes to nothing: what is known of the key outlives its flights.
fn write(desk: &Desk) {
    let intent = desk.cache.write_intent("k").unwrap();
    stay(desk);
    intent.cancel();
}

/// Calls and panics, if it comes to loading.
fn panic(desk: &Desk) {
    // Without the hook, which would write down each of thousands of schedules.
    let call = || block_on(desk.call(|| resume_unwind(Box::new("a loader panicked"))));
    let called = catch_unwind(AssertUnwindSafe(call));
    assert!(called.is_err() || called.is_ok_and(|value| value == 7));
}

/// Plays roles at once; afterwards at most as many loads have begun as given, and the value is there.
fn hand_over(roles: &'static [Role], adopted: bool, most: u64) -> impl Fn() + Send + Sync + 'static {
    move || {
        let desk = Desk { cache: HydraCache::local().max_capacity(64).build(), loads: Arc::default() };
        join(roles.iter().map(|role| {
            let desk = desk.clone();
            thread::spawn(move || if adopted { in_runtime(|| role(&desk)) } else { role(&desk) })
        }));
        stay(&desk);
        let (begun, stats) = (desk.begun(), desk.cache.stats());
        assert!((1..=most).contains(&begun), "{begun} loads");
        assert_eq!(stats.loads, begun, "{stats:?}");
        assert_eq!(stats.requests(), roles.len() as u64 + 1, "{stats:?}");
        assert!(stats.adopted <= u64::from(adopted), "{stats:?}");
    }
}

hold! {
    callers_share_one_load: hand_over(&[stay, stay, stay], false, 1);
    a_leader_that_goes_away_leaves_its_place: hand_over(&[leave, stay, stay], false, 2);
    leaders_that_go_away_leave_their_places: hand_over(&[leave, stay, leave_later], false, 3);
    a_leader_that_goes_away_beside_a_write_leaves_its_place: hand_over(&[leave, write, stay], false, 2);
    a_leader_that_goes_away_leaves_its_load: hand_over(&[leave, stay, stay], true, 1);
    leaders_that_go_away_leave_their_loads: hand_over(&[leave, stay, leave_later], true, 1);
    a_leader_that_panics_leaves_its_place: hand_over(&[panic, stay, stay], false, 2);
    a_leader_that_panics_is_not_adopted: hand_over(&[panic, stay, leave], true, 2);
}
