//! Loads that are waited for long enough: somebody else leads beside them, and what they store late undoes nothing.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hydracache_runtime::{CacheOptions, Eviction, RefreshOptions};
use shuttle::future::block_on;
use shuttle::sync::atomic::{AtomicU64, Ordering};
use shuttle::thread;

use crate::support::source::Row;
use crate::world::{Entrance, World, join};

/// How long a caller waits for another's load.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often a caller may be asked to wait on: for the load of each other one, and for its own.
const MOST_POLLS: u32 = 12;

async fn call(world: &Arc<World>) -> Row {
    let (options, refresh) = (CacheOptions::new(), RefreshOptions::new().wait_timeout(PATIENCE));
    let read = world.slow_read();
    let load = || async { Ok::<_, Infallible>(read.await) };
    world.cache.get_or_load_with_refresh(world.key(), options, refresh, load).await.unwrap()
}

/// Ends a call for which time flies: whenever it has to wait, its patience is over.
fn end_impatiently(world: &Arc<World>) -> Row {
    let (mut call, mut context) = (pin!(call(world)), Context::from_waker(Waker::noop()));
    for _ in 0..MOST_POLLS {
        if let Poll::Ready(row) = call.as_mut().poll(&mut context) {
            return row;
        }
        world.clock.advance(PATIENCE);
        thread::yield_now();
    }
    panic!("after {MOST_POLLS} polls it waits on");
}

/// A leader that is kept and not polled, callers who lose their patience, and a source that changes without a word.
fn stalled_leader() {
    let world = World::new(Entrance::Typed, Eviction::S3Fifo);
    let seen = Arc::new(AtomicU64::new(0));
    let mut leader = pin!(call(&world));
    assert!(leader.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let callers = (0..2).map(|_| {
        let seen = Arc::clone(&seen);
        world.spawn(move |world| {
            let row = end_impatiently(world);
            seen.fetch_max(row.version, Ordering::SeqCst);
        })
    });
    join(callers.chain([world.spawn(|world| _ = world.raise())]));
    assert_eq!(block_on(leader).version, 0, "it gets what it read before all others");
    let (seen, cached) = (seen.load(Ordering::SeqCst), world.get());
    assert!(cached.is_some_and(|row| row.version >= seen), "{cached:?} is cached and {seen} was seen before");
    let stats = world.cache.stats();
    assert!((1..=2 * u64::from(MOST_POLLS)).contains(&stats.wait_timeouts), "{stats:?}");
    assert!((2..=3).contains(&stats.loads), "nobody loads twice: {stats:?}");
}

hold! {
    a_leader_that_stalls_is_replaced: stalled_leader;
}

notice! {
    a_slow_load_that_undoes_a_later_one_is_noticed: NoFence, stalled_leader;
}
