//! Write intents: where writers of one row meet, the cache holds the last of what they wrote or nothing.

use std::sync::Arc;

use hydracache_runtime::Eviction;

use crate::world::{Entrance, Upset, World, join};

/// Writes the source under an intent, where no one writes it without. What another has overwritten is not even stored for
/// a moment.
fn write(world: &Arc<World>) {
    let intent = world.cache.write_intent(world.key()).unwrap();
    let row = world.raise();
    let source = world.read();
    let stored = intent.put(row, World::tags()).local().unwrap();
    assert!(!stored || source == row, "{row:?} was stored after {source:?} was written");
    world.acknowledge(row);
    world.ask(World::get);
}

/// Writes the source under an intent, where others write it without.
fn write_beside_others(world: &Arc<World>) {
    let intent = world.cache.write_intent(world.key()).unwrap();
    let row = world.raise();
    intent.put(row, World::tags()).local().unwrap();
    world.acknowledge(row);
    world.ask(World::get);
}

/// Writes the source under an intent and goes away without a word.
fn forget(world: &Arc<World>) {
    let intent = world.cache.write_intent(world.key()).unwrap();
    let row = world.raise();
    drop(intent);
    world.acknowledge(row);
}

/// Does something to the row that nobody else does.
type Role = fn(&Arc<World>);

fn load(world: &Arc<World>) {
    world.ask(|_| world.load());
}

fn remove(world: &Arc<World>) {
    world.change(Upset::Remove);
}

/// All of these at once, and then the cache must agree with the source.
fn meeting(roles: &'static [Role]) -> impl Fn() + Send + Sync + 'static {
    move || {
        let world = World::new(Entrance::Typed, Eviction::S3Fifo);
        join(roles.iter().map(|role| world.spawn(role)));
        let (cached, source) = (world.get(), world.read());
        assert!(cached.is_none_or(|row| row == source), "{cached:?} is cached and {source:?} the source");
        world.ask(|_| world.load());
    }
}

hold! {
    two_writers_leave_the_later_value_or_none: meeting(&[write, write]);
    writers_overtake_a_load: meeting(&[write, load, write]);
    a_writer_overtakes_loads: meeting(&[load, write, load]);
    a_writer_and_a_remove_leave_the_later_value_or_none: meeting(&[write_beside_others, remove, load]);
    a_writer_that_says_nothing_leaves_nothing: meeting(&[forget, write, load]);
}

notice! {
    a_writer_without_the_fence_is_noticed: NoFence, meeting(&[load, write, load]);
    writers_without_the_fence_are_noticed: NoFence, meeting(&[write, load, write]);
}
