//! Hits on all cores: throughput together, and how it grows from one thread to all.

use std::thread;

use crate::contestant::Contestant;
use crate::contestants::{self, ours, parts};
use crate::number::short;
use crate::rounds::{Effort, Figures, named, together};
use crate::table::Section;
use crate::workload::FEW;

pub(crate) fn measure(effort: Effort) -> Section {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut section = Section::new(format!("Hits on all cores: {cores} threads"));
    section.note("Millions of hits a second, of all threads together; each thread asks for all entries.");
    let entrants = contestants::of_hits_on_all_cores();
    let contestants: Vec<Contestant> = entrants.iter().map(|entrant| entrant.make(FEW)).collect();
    let alone = together(&contestants, 1, effort);
    let all = together(&contestants, cores, effort);
    let reference = named(&all, parts::NO_TTL);
    let throughput = format!("{cores} threads, M/s");
    section.table(&["", "1 thread, M/s", &throughput, "growth", "× the parts"]);
    for (alone, all) in alone.iter().zip(&all) {
        section.line(vec![
            all.name.to_owned(),
            short(alone.median()),
            short(all.median()),
            short(growth(alone, all)),
            short(all.ratio(reference)),
        ]);
    }
    judge(&mut section, &alone, &all);
    section
}

/// How many times the throughput of one thread all of them reach.
fn growth(alone: &Figures, all: &Figures) -> f64 {
    all.median() / alone.median()
}

fn judge(section: &mut Section, alone: &[Figures], all: &[Figures]) {
    let own = named(all, ours::ASYNC);
    section.at_least(
        format!("{}: 0.8 × the parts on all cores", own.name),
        0.8,
        own.ratio(named(all, parts::NO_TTL)),
        "×",
    );
    let forms = contestants::forms_of_cached();
    let fastest = all
        .iter()
        .filter(|figures| forms.contains(&figures.name))
        .max_by(|one, other| one.median().total_cmp(&other.median()))
        .expect("forms of `cached` were measured");
    section.at_least(
        format!("{}: 2 × the fastest form of `cached`, {}", own.name, fastest.name),
        2.0,
        own.ratio(fastest),
        "×",
    );
    section.at_least(
        format!("{}: throughput grows with cores", own.name),
        1.0,
        growth(named(alone, ours::ASYNC), own),
        "×",
    );
}
