//! The commit fence: when an invalidation has returned, nobody who asks from then on is given what a load read before it.

use std::sync::Arc;

use hydracache_runtime::Eviction;

use crate::world::{Entrance, Upset, World, join};

/// A load and a caller that may join it, a reader, and a writer that changes the source `changes` times.
fn race(
    entrance: Entrance,
    eviction: Eviction,
    upset: Upset,
    changes: u32,
) -> impl Fn() + Send + Sync + 'static {
    move || {
        let world = World::new(entrance, eviction);
        let loading = |world: &Arc<World>| world.ask(|_| world.load());
        let tasks = [
            world.spawn(loading),
            world.spawn(move |world| {
                for _ in 0..changes {
                    world.change(upset);
                }
                world.ask(World::get);
            }),
            world.spawn(loading),
            world.spawn(|world| world.ask(World::get)),
        ];
        join(tasks);
        world.ask(World::get);
        world.ask(|_| world.load());
        let stats = world.cache.stats();
        // What a function looks up without calling it is counted only if it is there.
        let counted = if entrance == Entrance::Typed { 6..=6 } else { 3..=6 };
        assert!(counted.contains(&stats.requests()), "each call is counted once: {stats:?}");
    }
}

fn typed(upset: Upset) -> impl Fn() + Send + Sync + 'static {
    race(Entrance::Typed, Eviction::S3Fifo, upset, 1)
}

fn blocking(upset: Upset) -> impl Fn() + Send + Sync + 'static {
    race(Entrance::Blocking, Eviction::S3Fifo, upset, 1)
}

fn late(changes: u32) -> impl Fn() + Send + Sync + 'static {
    race(Entrance::Function, Eviction::S3Fifo, Upset::LateTag, changes)
}

hold! {
    a_remove_overtakes_loads: typed(Upset::Remove);
    an_expiry_overtakes_loads: typed(Upset::Expire);
    a_put_overtakes_loads: typed(Upset::Put);
    a_prefix_overtakes_loads: typed(Upset::Prefix);
    a_tag_overtakes_loads: typed(Upset::Tag);
    a_clear_overtakes_loads: typed(Upset::Clear);
    a_flush_overtakes_loads: typed(Upset::Flush);
    a_late_tag_overtakes_loads: late(1);
    a_late_tag_overtakes_loads_twice: late(2);
    a_remove_overtakes_blocking_loads: blocking(Upset::Remove);
    a_late_tag_overtakes_blocking_loads: blocking(Upset::LateTag);
    a_remove_overtakes_loads_over_the_other_store:
        race(Entrance::Typed, Eviction::TinyLfu, Upset::Remove, 1);
    a_put_overtakes_loads_over_the_other_store: race(Entrance::Typed, Eviction::TinyLfu, Upset::Put, 1);
}

notice! {
    a_remove_without_the_fence_is_noticed: NoFence, typed(Upset::Remove);
    a_put_without_the_fence_is_noticed: NoFence, typed(Upset::Put);
    a_prefix_without_the_fence_is_noticed: NoFence, typed(Upset::Prefix);
    an_expiry_without_the_fence_is_noticed: NoFence, typed(Upset::Expire);
    an_expiry_that_does_not_raise_the_epoch_is_noticed: ExpireDoesNotBump, typed(Upset::Expire);
    a_tag_without_the_comparison_of_stamps_is_noticed: NoStampCheck, typed(Upset::Tag);
    a_tag_that_is_counted_before_its_cell_is_raised_is_noticed: MarkedBeforeCell, typed(Upset::Tag);
    a_clear_without_the_comparison_of_stamps_is_noticed: NoStampCheck, typed(Upset::Clear);
    a_late_tag_without_the_comparison_of_stamps_is_noticed: NoStampCheck, late(1);
    a_late_tag_without_memory_is_noticed: NoFloor, late(1);
    a_remove_of_blocking_loads_without_the_fence_is_noticed: NoFence, blocking(Upset::Remove);
    a_joiner_that_compares_with_its_arrival_is_noticed: JoinerChecksArrival, late(2);
}
