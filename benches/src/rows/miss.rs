//! A miss with a trivial loader: time, and how often memory is asked for.

use crate::contestant::Contestant;
use crate::contestants::{self, ours};
use crate::number::{as_f64, short, whole};
use crate::rounds::{Effort, named, one_after_another};
use crate::table::Section;
use crate::workload::MISS_ROOM;

const MOST_ALLOCATIONS: f64 = 6.0;

pub(crate) fn measure(effort: Effort) -> Section {
    let mut section = Section::new("A miss: trivial loader, two tags, one thread");
    section.note(format!(
        "Every key is new, and the caches hold {} entries and are full, so each miss also displaces an entry. \
         Allocations are counted apart from the times.",
        whole(MISS_ROOM as u64)
    ));
    let contestants: Vec<Contestant> =
        contestants::of_misses().iter().map(|entrant| entrant.make(0)).collect();
    for contestant in &contestants {
        contestant.run(3 * MISS_ROOM as u64);
    }
    let figures = one_after_another(&contestants, effort);
    let reference = named(&figures, contestants::QUICK_CACHE_MISS);
    section.table(&["", "median ns", "min ns", "× quick_cache", "allocations"]);
    let mut own_allocations = f64::NAN;
    for (contestant, figures) in contestants.iter().zip(&figures) {
        let allocations = allocations(contestant);
        if contestant.name == ours::MISS {
            own_allocations = allocations;
        }
        section.line(vec![
            figures.name.to_owned(),
            short(figures.median()),
            short(figures.min()),
            short(figures.ratio(reference)),
            short(allocations),
        ]);
    }
    let own = named(&figures, ours::MISS);
    section.at_most(format!("{}: 3 × {}", own.name, reference.name), 3.0, own.ratio(reference), "×");
    let moka = named(&figures, contestants::MOKA_MISS);
    section.at_most(format!("{}: a third of {}", own.name, moka.name), 1.0 / 3.0, own.ratio(moka), "×");
    section.at_most(format!("{}: allocations", own.name), MOST_ALLOCATIONS, own_allocations, "");
    section
}

fn allocations(contestant: &Contestant) -> f64 {
    const CALLS: u64 = 20_000;
    as_f64(contestant.run_and_count_allocations(CALLS)) / as_f64(CALLS)
}
