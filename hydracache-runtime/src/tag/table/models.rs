//! Birth and death of cells: whoever asks for a cell after an invalidation was acknowledged finds it there, however the cell
//! came to be, and what nobody uses does not stay.

use super::{RING, TagTable};
use crate::planted::PlantedBug;
use crate::sync::{Arc, AtomicU64, Ordering};
use crate::tag::TagCell;
use crate::testing::models::{explore, must_notice};

/// The tag that everybody meets at.
const TAG: &str = "tag";

/// A table, its clock, and the number of the latest invalidation of the tag that has returned.
#[derive(Debug)]
struct World {
    table: TagTable,
    seq: AtomicU64,
    acknowledged: AtomicU64,
}

/// Does something to the table, several times or not.
type Role = fn(&World);

impl World {
    /// Sees to it that the cell of the tag knows of every invalidation that was acknowledged before it was asked for.
    fn check(&self, cell: impl FnOnce() -> Arc<TagCell>) -> Arc<TagCell> {
        let acknowledged = self.acknowledged.load(Ordering::SeqCst);
        let cell = cell();
        let known = cell.last_invalidated();
        assert!(known >= acknowledged, "a cell knows of {known} after {acknowledged} was acknowledged");
        cell
    }

    fn take(&self) -> Arc<TagCell> {
        self.check(|| self.table.take(TAG))
    }

    fn invalidate_other(&self, text: &str) {
        self.table.invalidate(text, self.seq.fetch_add(1, Ordering::AcqRel) + 1);
    }

    /// Every cell is found under its text, and nothing is there twice or without bounds.
    fn check_shape(&self) {
        for shard in &self.table.shards {
            let shard = shard.lock();
            assert_eq!(shard.index.len(), shard.cells.len());
            assert!(shard.ring.len() <= RING);
            for (at, cell) in shard.cells.iter().enumerate() {
                assert_eq!(shard.position(cell.hash(), cell.text()), Some(at), "{}", cell.text());
            }
        }
    }
}

fn invalidate(world: &World) {
    for _ in 0..2 {
        let seq = world.seq.fetch_add(1, Ordering::AcqRel) + 1;
        world.table.invalidate(TAG, seq);
        world.acknowledged.fetch_max(seq, Ordering::SeqCst);
    }
}

/// Takes the cell, as a load does, and looks at it again later, as a read does.
fn carry(world: &World) {
    let cell = world.take();
    world.check(move || cell);
}

/// Takes the cell and drops it at once, twice.
fn come_and_go(world: &World) {
    drop(world.take());
    drop(world.take());
}

fn prune(world: &World) {
    world.table.prune();
    world.table.prune();
}

/// Invalidates tags that nobody carries, more than the ring holds.
fn invalidate_others(world: &World) {
    for other in ["one", "two", "three"].iter().take(RING + 1) {
        world.invalidate_other(other);
    }
}

/// Takes cells of other tags and drops them: each birth examines a few of the cells that are there.
fn take_others(world: &World) {
    let held = world.table.take("one");
    for other in ["two", "three", "four"] {
        drop(world.table.take(other));
    }
    world.invalidate_other(held.text());
}

fn meeting(roles: &'static [Role]) -> impl Fn() + Send + Sync + 'static {
    move || {
        let world = Arc::new(World {
            table: TagTable::new(),
            seq: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
        });
        let tasks = roles.iter().map(|role| {
            let world = Arc::clone(&world);
            shuttle::thread::spawn(move || role(&world))
        });
        for task in tasks.collect::<Vec<_>>() {
            task.join().expect("a failed check ends the model");
        }
        world.check_shape();
        drop(world.take());
        world.table.prune();
        assert_eq!(world.table.len(), 0, "nobody uses a cell");
        world.check_shape();
        world.take();
    }
}

#[test]
fn a_cell_that_dies_and_is_born_again_forgets_nothing() {
    explore(meeting(&[invalidate, carry, come_and_go, prune]));
}

#[test]
fn a_cell_that_is_born_late_knows_what_left_the_ring() {
    explore(meeting(&[invalidate, come_and_go, invalidate_others, prune]));
}

#[test]
fn births_of_other_cells_forget_nothing() {
    explore(meeting(&[invalidate, carry, take_others, invalidate_others]));
}

#[test]
fn a_rebirth_without_memory_is_noticed() {
    must_notice(PlantedBug::NoFloor, meeting(&[invalidate, carry, come_and_go, prune]));
}

#[test]
fn a_late_birth_without_memory_is_noticed() {
    must_notice(PlantedBug::NoFloor, meeting(&[invalidate, come_and_go, invalidate_others, prune]));
}
