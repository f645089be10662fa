//! What was read by hand, and what a bulk loader returns unasked: stored only if nothing overtook it since before it was
//! read.

use std::convert::Infallible;
use std::sync::Arc;

use hydracache_runtime::{CacheOptions, Eviction};
use shuttle::future::{block_on, yield_now};

use crate::support::source::Row;
use crate::world::{Entrance, Upset, World, join};

/// Reads the source by hand and fills it in.
fn fill(world: &Arc<World>) {
    let token = world.cache.fill_token(world.key()).unwrap();
    let row = block_on(world.slow_read());
    world.cache.fill(&token, row, World::tags()).unwrap();
    world.ask(World::get);
}

/// Asks for another row, of which the loader returns what everybody else asks for as well.
fn load_another(world: &Arc<World>) {
    let load = |missing: Vec<String>| {
        let world = Arc::clone(world);
        async move {
            let row = world.slow_read().await;
            let another = missing.into_iter().map(move |key| (key, Row { key: 2, ..row }));
            Ok::<_, Infallible>(another.chain([(world.key(), row)]).collect::<Vec<_>>())
        }
    };
    let found = block_on(world.cache.get_many_or_load(["another".to_owned()], World::tags(), load)).unwrap();
    assert_eq!(found["another"].key, 2);
    world.ask(World::get);
}

/// A fill, a load beside it, and a writer.
fn race(upset: Upset, filling: fn(&Arc<World>)) -> impl Fn() + Send + Sync + 'static {
    move || {
        let world = World::new(Entrance::Typed, Eviction::S3Fifo);
        let tasks = [
            world.spawn(filling),
            world.spawn(move |world| {
                world.change(upset);
                world.ask(World::get);
            }),
            world.spawn(|world| world.ask(|_| world.load())),
        ];
        join(tasks);
        world.ask(World::get);
    }
}

/// Two callers ask for the same rows in another order, and each loads what the other does not: neither waits before its own
/// load has landed.
fn bulk_callers() {
    let world = World::new(Entrance::Typed, Eviction::S3Fifo);
    let tasks = [["a", "b"], ["b", "a"]].map(|keys| {
        world.spawn(move |world| {
            let load = |missing: Vec<&'static str>| async move {
                yield_now().await;
                Ok::<_, Infallible>(missing.into_iter().map(|key| (key, key.len())).collect::<Vec<_>>())
            };
            let options = CacheOptions::new();
            let found = block_on(world.cache.get_many_or_load(keys, options, load)).unwrap();
            assert_eq!(found.len(), 2);
        })
    });
    join(tasks);
    assert_eq!(world.cache.stats().loads, 2, "each key is loaded once");
}

hold! {
    a_remove_overtakes_fills: race(Upset::Remove, fill);
    an_expiry_overtakes_fills: race(Upset::Expire, fill);
    a_put_overtakes_fills: race(Upset::Put, fill);
    a_prefix_overtakes_fills: race(Upset::Prefix, fill);
    a_tag_overtakes_fills: race(Upset::Tag, fill);
    a_clear_overtakes_fills: race(Upset::Clear, fill);
    a_flush_overtakes_fills: race(Upset::Flush, fill);
    a_remove_overtakes_what_a_bulk_loader_returns_unasked: race(Upset::Remove, load_another);
    a_tag_overtakes_what_a_bulk_loader_returns_unasked: race(Upset::Tag, load_another);
    bulk_callers_do_not_wait_for_each_other: bulk_callers;
}

notice! {
    a_fill_without_its_token_is_noticed_by_a_remove: FillWithoutToken, race(Upset::Remove, fill);
    a_fill_without_its_token_is_noticed_by_a_put: FillWithoutToken, race(Upset::Put, fill);
    a_fill_without_its_token_is_noticed_by_a_tag: FillWithoutToken, race(Upset::Tag, fill);
    a_fill_without_memory_of_tags_is_noticed: NoFloor, race(Upset::Tag, fill);
    what_is_returned_unasked_is_noticed_without_its_token:
        FillWithoutToken, race(Upset::Remove, load_another);
}
