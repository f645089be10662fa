//! The rows of the plan, in its order, one file each.
//!
//! Each is measured in a process of its own: what one row fills, and how it leaves the heap, is not in the figures of
//! the next.

mod callers;
mod cores;
mod database;
mod hit;
mod hit_ratio;
pub(crate) mod instructions;
mod memory;
mod miss;
mod tags;
mod values;

use crate::rounds::Effort;
use crate::table::Section;

/// A row: what `--only` calls it, and what measures it.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) measure: fn(Effort) -> Section,
}

pub(crate) const ROWS: [Row; 11] = [
    Row { name: "hit", about: "a hit on one thread", measure: hit::measure },
    Row { name: "far", about: "a hit among many entries", measure: hit::far_away },
    Row { name: "cores", about: "hits on all cores", measure: cores::measure },
    Row { name: "values", about: "hits of large and of shared values", measure: values::measure },
    Row { name: "miss", about: "a miss with a trivial loader", measure: miss::measure },
    Row { name: "callers", about: "1,000 callers on one missing key", measure: callers::measure },
    Row { name: "database", about: "a hit of a prepared database result", measure: database::measure },
    Row { name: "tags", about: "invalidating a tag of many entries", measure: tags::measure },
    Row { name: "memory", about: "memory per entry", measure: memory::measure },
    Row { name: "hit-ratio", about: "hit ratio on real traces", measure: hit_ratio::measure },
    Row { name: "instructions", about: "instructions per operation", measure: instructions::measure },
];
