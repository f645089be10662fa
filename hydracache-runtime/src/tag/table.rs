//! The cells of all tags in use, and a bounded memory of the invalidations of tags that nothing carries.
//!
//! There is no index from a tag to its keys: invalidating raises one number. What takes care here is a tag that
//! nobody carries *yet*: a load under way may turn out to carry it once its value is known. Each shard therefore
//! remembers the last 64 invalidations of absent tags by hash, and folds older ones into a floor below which no
//! cell is born. The floor may make a load that was fine store nothing; it never lets a stale one pass.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::TagCell;
use crate::planted::{PlantedBug, planted};
use crate::sync::{Arc, Mutex, shards};

const SHARDS: usize = shards(32);

/// Invalidations of absent tags that a shard remembers one by one. Few in a model, so that some leave the ring.
const RING: usize = if cfg!(hydracache_shuttle) { 2 } else { 64 };

/// Cells that each birth examines, so that unused ones leave as fast as new ones come.
const EXAMINED_PER_BIRTH: usize = 4;

/// Tag or namespace text to its shared cell.
#[derive(Debug)]
pub(crate) struct TagTable {
    hasher: RandomState,
    shards: Box<[Mutex<Shard>]>,
}

#[derive(Debug, Default)]
struct Shard {
    /// Positions in `cells`, found by the hash of the text.
    index: HashTable<usize>,
    cells: Vec<Arc<TagCell>>,
    /// Where the next examination for unused cells goes on.
    cursor: usize,
    ring: VecDeque<(u64, u64)>,
    floor: u64,
}

impl TagTable {
    pub(crate) fn new() -> Self {
        Self { hasher: RandomState::default(), shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// The cell of `text`, born now if nothing carries it.
    pub(crate) fn take(&self, text: &str) -> Arc<TagCell> {
        let hash = self.hasher.hash_one(text);
        let mut shard = self.shard(hash).lock();
        if let Some(at) = shard.position(hash, text) {
            return Arc::clone(&shard.cells[at]);
        }
        shard.bear(hash, text)
    }

    /// Notes that everything with `text` and a stamp below `seq` is invalid.
    pub(crate) fn invalidate(&self, text: &str, seq: u64) {
        let hash = self.hasher.hash_one(text);
        let mut shard = self.shard(hash).lock();
        match shard.position(hash, text) {
            Some(at) => shard.cells[at].raise(seq),
            None => shard.remember(hash, seq),
        }
    }

    /// Drops the cells that only the table holds.
    pub(crate) fn prune(&self) {
        for shard in &self.shards {
            let mut shard = shard.lock();
            let all = shard.cells.len();
            shard.examine(all);
        }
    }

    /// How many cells there are.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().cells.len()).sum()
    }

    fn shard(&self, hash: u64) -> &Mutex<Shard> {
        // The table inside uses the lowest and the highest bits of the hash.
        &self.shards[(hash >> 32) as usize % SHARDS]
    }
}

impl Shard {
    fn position(&self, hash: u64, text: &str) -> Option<usize> {
        self.index.find(hash, |&at| self.cells[at].text() == text).copied()
    }

    fn bear(&mut self, hash: u64, text: &str) -> Arc<TagCell> {
        self.examine(EXAMINED_PER_BIRTH);
        let cell = Arc::new(TagCell::new(text, hash, self.birth_number(hash)));
        let at = self.cells.len();
        self.cells.push(Arc::clone(&cell));
        let cells = &self.cells;
        self.index.insert_unique(hash, at, |&at| cells[at].hash());
        cell
    }

    fn birth_number(&self, hash: u64) -> u64 {
        if planted(PlantedBug::NoFloor) {
            return 0;
        }
        let remembered = self.ring.iter().find(|(known, _)| *known == hash).map_or(0, |&(_, seq)| seq);
        self.floor.max(remembered)
    }

    /// Remembers an invalidation that no cell can carry. Two tags with one hash share a place, which is only stricter.
    fn remember(&mut self, hash: u64, seq: u64) {
        if seq <= self.floor {
            return;
        }
        // What is raised again is young again: a tag that is invalidated often must not age into the floor.
        let known =
            self.ring.iter().position(|(known, _)| *known == hash).and_then(|at| self.ring.remove(at));
        if self.ring.len() == RING
            && let Some((_, oldest)) = self.ring.pop_front()
        {
            self.floor = self.floor.max(oldest);
        }
        self.ring.push_back((hash, known.map_or(seq, |(_, known)| known.max(seq))));
    }

    /// Looks at up to `count` cells and drops those that nothing else holds.
    ///
    /// A count of one cannot grow behind our back: clones are made under this shard's lock or from another clone.
    fn examine(&mut self, count: usize) {
        for _ in 0..count.min(self.cells.len()) {
            if self.cursor >= self.cells.len() {
                self.cursor = 0;
            }
            if Arc::strong_count(&self.cells[self.cursor]) == 1 {
                self.bury(self.cursor);
            } else {
                self.cursor += 1;
            }
        }
        if self.cells.capacity() > 4 * self.cells.len().max(16) {
            self.cells.shrink_to(2 * self.cells.len());
            let cells = &self.cells;
            self.index.shrink_to(2 * cells.len(), |&at| cells[at].hash());
        }
    }

    fn bury(&mut self, at: usize) {
        self.unlink(at, at);
        let last = self.cells.len() - 1;
        if at != last {
            self.unlink(last, last);
        }
        let cell = self.cells.swap_remove(at);
        if at != last {
            let cells = &self.cells;
            self.index.insert_unique(cells[at].hash(), at, |&at| cells[at].hash());
        }
        self.remember(cell.hash(), cell.last_invalidated());
    }

    fn unlink(&mut self, at: usize, position: usize) {
        if let Ok(found) = self.index.find_entry(self.cells[at].hash(), |&known| known == position) {
            found.remove();
        }
    }
}

#[cfg(all(test, hydracache_shuttle, feature = "test-util", feature = "planted-bugs"))]
mod models;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unused_cell_is_dropped_and_its_number_remembered() {
        let table = TagTable::new();
        let cell = table.take("users");
        table.invalidate("users", 7);
        assert_eq!(cell.last_invalidated(), 7);
        drop(cell);
        table.prune();
        assert_eq!(table.len(), 0);
        assert_eq!(table.take("users").last_invalidated(), 7);
    }

    #[test]
    fn an_absent_tag_is_remembered_until_its_cell_is_born() {
        let table = TagTable::new();
        table.invalidate("late", 3);
        assert_eq!(table.take("late").last_invalidated(), 3);
        assert_eq!(table.take("other").last_invalidated(), 0);
    }

    #[test]
    fn what_leaves_the_ring_raises_the_floor() {
        let table = TagTable::new();
        let many = SHARDS as u64 * RING as u64 * 4;
        for seq in 1..=many {
            table.invalidate(&format!("absent-{seq}"), seq);
        }
        assert!(table.take("absent-1").last_invalidated() >= 1, "the oldest is covered by a floor");
        assert_eq!(table.take(&format!("absent-{many}")).last_invalidated(), many);
    }

    #[test]
    fn a_tag_that_is_invalidated_often_does_not_age_into_the_floor() {
        let mut shard = Shard::default();
        shard.remember(0, 1);
        for hash in 1..RING as u64 {
            shard.remember(hash, hash + 1);
        }
        shard.remember(0, 1_000);
        shard.remember(RING as u64, 1_001);
        assert_eq!(shard.floor, 2, "the oldest of the others went, not the one that was raised again");
        assert_eq!(shard.birth_number(0), 1_000);
    }

    #[test]
    fn cells_of_dead_tags_leave_as_new_ones_come() {
        let table = TagTable::new();
        let mut live = VecDeque::new();
        for n in 0..100_000 {
            live.push_back(table.take(&format!("tag-{n}")));
            if live.len() > 1_000 {
                live.pop_front();
            }
        }
        assert!(table.len() < 3_000, "{} cells for 1,000 live tags", table.len());
        for cell in &live {
            assert!(Arc::ptr_eq(cell, &table.take(cell.text())), "{} was lost", cell.text());
        }
    }
}
