//! Loads in the background: they pass the same fence, and what was invalidated is not even handed out as stale.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hydracache_runtime::testing::models::in_runtime;
use hydracache_runtime::{Eviction, RefreshOptions};
use shuttle::future::block_on;

use crate::support::source::Row;
use crate::world::{Entrance, Upset, World, join};

/// How long a row is fresh.
const FRESH: Duration = Duration::from_secs(10);

/// A call that takes a row a second before and after its freshness has ended, and renews it then.
fn call(world: &Arc<World>) -> Row {
    let second = Duration::from_secs(1);
    let refresh = RefreshOptions::new()
        .refresh_ahead(second)
        .stale_while_revalidate(second)
        .stale_on_loader_error(second);
    let read = world.slow_read();
    let load = || async { Ok::<_, Infallible>(read.await) };
    let row = world.cache.get_or_load_with_refresh(world.key(), World::tags().ttl(FRESH), refresh, load);
    block_on(row).unwrap()
}

/// Callers and a writer meet at a row that is `age` old.
fn race(age: Duration, upset: Upset) -> impl Fn() + Send + Sync + 'static {
    move || {
        let world = World::new(Entrance::Typed, Eviction::S3Fifo);
        call(&world);
        world.clock.advance(age);
        let caller = |world: &Arc<World>| in_runtime(|| world.ask(|_| call(world)));
        let tasks = [
            world.spawn(caller),
            world.spawn(move |world| {
                world.change(upset);
                world.ask(World::get);
            }),
            world.spawn(caller),
        ];
        join(tasks);
        world.ask(World::get);
        world.ask(|_| call(&world));
        let stats = world.cache.stats();
        assert!(
            stats.refreshes <= 2,
            "one refresh of the old row, and one of what took its place: {stats:?}"
        );
    }
}

const BEFORE_ITS_END: Duration = Duration::from_millis(9_500);
const AFTER_ITS_END: Duration = Duration::from_millis(10_500);

hold! {
    a_remove_overtakes_a_refresh_ahead: race(BEFORE_ITS_END, Upset::Remove);
    a_tag_overtakes_a_refresh_ahead: race(BEFORE_ITS_END, Upset::Tag);
    a_remove_overtakes_what_is_stale: race(AFTER_ITS_END, Upset::Remove);
    a_tag_overtakes_what_is_stale: race(AFTER_ITS_END, Upset::Tag);
}

notice! {
    a_refresh_without_the_fence_is_noticed: NoFence, race(BEFORE_ITS_END, Upset::Remove);
    what_is_stale_is_noticed_without_the_comparison_of_stamps: NoStampCheck, race(AFTER_ITS_END, Upset::Tag);
}
