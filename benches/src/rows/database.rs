//! A hit of a database result that was prepared, beside `get` of the same key.

use crate::contestant::Contestant;
use crate::contestants::prepared;
use crate::number::{as_f64, short};
use crate::rounds::{Effort, named, one_after_another};
use crate::table::Section;
use crate::workload::FEW;

/// How many calls are watched for allocations.
const CALLS: u64 = 1_000;

pub(crate) fn measure(effort: Effort) -> Section {
    let mut section = Section::new("A prepared database result: a hit");
    section.note(
        "The same rows under the same keys, `db:user:<id>`. `get` is given the text, written to the stack; the prepared read \
         is given the id.",
    );
    let contestants: Vec<Contestant> = prepared::ALL.iter().map(|entrant| entrant.make(FEW)).collect();
    let figures = one_after_another(&contestants, effort);
    let get = named(&figures, prepared::GET);
    section.times(&figures, get);
    let own = named(&figures, prepared::PREPARED);
    section.at_most(format!("{}: 1.5 × `get`", own.name), 1.5, own.ratio(get), "×");
    for entrant in &prepared::ALL[1..] {
        let contestant = entrant.make(FEW);
        contestant.run(CALLS);
        let allocations = as_f64(contestant.run_and_count_allocations(CALLS)) / as_f64(CALLS);
        section.holds(
            format!("{}: no allocations, for the value owns no memory", entrant.name),
            format!("{} a call", short(allocations)),
            allocations == 0.0,
        );
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prepared_hit_allocates_nothing() {
        for entrant in &prepared::ALL[1..] {
            let contestant = entrant.make(100);
            contestant.run(1_000);
            assert_eq!(contestant.run_and_count_allocations(1_000), 0, "{}", entrant.name);
        }
    }
}
