//! The sweep: it takes what is dead, and never what took its place.

use hydracache_runtime::Eviction;

use crate::world::{Entrance, Upset, World, join};

/// A sweep comes across a row that is invalidated and put again.
fn put_beside_a_sweep(eviction: Eviction) -> impl Fn() + Send + Sync + 'static {
    move || {
        let world = World::new(Entrance::Typed, eviction);
        world.upset(Upset::Put, world.read());
        let tasks = [
            world.spawn(|world| {
                world.change(Upset::Tag);
                let row = world.raise();
                world.upset(Upset::Put, row);
                assert_eq!(world.get(), Some(row), "nothing came after it");
            }),
            world.spawn(|world| _ = world.cache.sweep()),
            world.spawn(|world| _ = world.cache.sweep()),
        ];
        join(tasks);
        assert_eq!(world.get(), Some(world.read()), "nothing came after it");
        assert_eq!(world.cache.sweep(), 0, "nothing is dead");
        world.upset(Upset::Tag, world.read());
        assert_eq!(world.cache.sweep(), 1, "all of it is dead");
    }
}

hold! {
    a_sweep_leaves_what_was_put_meanwhile: put_beside_a_sweep(Eviction::S3Fifo);
    a_sweep_of_the_other_store_leaves_what_was_put_meanwhile: put_beside_a_sweep(Eviction::TinyLfu);
}
