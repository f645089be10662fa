//! A hit on one thread, beside its unavoidable parts and beside every peer's.

use crate::allocator::Watch;
use crate::contestant::{Contestant, Entrant};
use crate::contestants::{self, ours, parts};
use crate::number::{as_f64, short, whole};
use crate::rounds::{Effort, Figures, named, one_after_another};
use crate::table::Section;
use crate::workload::{FEW, MANY};

pub(crate) fn measure(effort: Effort) -> Section {
    let mut section = Section::new("A hit: 64-byte value, two tags, one thread");
    section.note(format!(
        "{} entries, asked for in a scattered order. By hand, everyone is given the same text, written to the stack; \
         the forms of `cached` make the same text into a `String`, but for the first, whose key is the number itself. \
         Nobody but the two HydraCaches has tags.",
        whole(FEW)
    ));
    let figures = among(&contestants::of_hits(), FEW, effort);
    section.times(&figures, named(&figures, parts::NO_TTL));
    judge_parts(&mut section, &figures);
    judge_peers(&mut section, &figures);
    judge_allocations(&mut section);
    section
}

/// The same where nothing is near the processor: the figures are mostly those of the memory.
pub(crate) fn far_away(effort: Effort) -> Section {
    let mut section = Section::new("A hit among many entries");
    section.note(format!(
        "{} entries, more than the processor's own caches hold: it compares how much memory everyone touches.",
        whole(MANY)
    ));
    let figures = among(&contestants::of_hits_on_all_cores(), MANY, effort);
    section.times(&figures, named(&figures, parts::NO_TTL));
    section
}

fn among(entrants: &[Entrant], entries: u64, effort: Effort) -> Vec<Figures> {
    let contestants: Vec<Contestant> = entrants.iter().map(|entrant| entrant.make(entries)).collect();
    one_after_another(&contestants, effort)
}

/// The parts in one loop overlap as they would in a real hit; the sum of their times alone is shown beside it.
fn judge_parts(section: &mut Section, figures: &[Figures]) {
    let alone: Vec<_> = parts::ALONE.iter().map(|name| named(figures, name)).collect();
    let sum = Figures::sum("sum", &alone);
    let sum_with_clock = Figures::sum("sum", &[&sum, named(figures, parts::CLOCK)]);
    let pairs = [(ours::ASYNC, parts::NO_TTL, &sum), (ours::ASYNC_TTL, parts::WITH_TTL, &sum_with_clock)];
    for (own, in_one_loop, sum) in pairs {
        let own = named(figures, own);
        section.at_most(
            format!("{}: 1.25 × {in_one_loop}", own.name),
            1.25,
            own.ratio(named(figures, in_one_loop)),
            "×",
        );
        section.at_most(
            format!("{}: 1.25 × the sum of the parts alone", own.name),
            1.25,
            own.ratio(sum),
            "×",
        );
    }
}

fn judge_peers(section: &mut Section, figures: &[Figures]) {
    let own = named(figures, ours::ASYNC);
    let forms = contestants::forms_of_cached();
    let fastest = |forms: &[&str]| {
        let figures = forms.iter().map(|name| named(figures, name));
        figures.min_by(|one, other| one.median().total_cmp(&other.median())).expect("there are forms").clone()
    };
    let of_all = fastest(&forms);
    section.at_least(
        format!("{}: 1.5 × faster than the fastest form of `cached`, which is {}", own.name, of_all.name),
        1.5,
        of_all.ratio(own),
        "×",
    );
    let of_text =
        fastest(&forms.into_iter().filter(|&name| name != contestants::CACHED_BY_NUMBER).collect::<Vec<_>>());
    section.at_least(
        format!(
            "{}: 1.5 × faster than the fastest form of `cached` with the same key, {}",
            own.name, of_text.name
        ),
        1.5,
        of_text.ratio(own),
        "×",
    );
    let attribute = named(figures, contestants::PUBLIC_ATTRIBUTE);
    section.at_least(
        format!("{}: 8 × faster than the public hydracache's attribute", own.name),
        8.0,
        attribute.ratio(own),
        "×",
    );
}

fn judge_allocations(section: &mut Section) {
    const CALLS: u64 = 1_000;
    // By hand, the options of a call are made before it, and their tags are on the heap.
    for entrant in ours::HITS.iter().filter(|entrant| entrant.name != ours::GET_OR_LOAD) {
        let contestant = entrant.make(FEW);
        contestant.run(CALLS);
        let allocations = as_f64(contestant.run_and_count_allocations(CALLS)) / as_f64(CALLS);
        if entrant.name == ours::GET_OR_LOAD {
            section.holds(
                format!("{}: for comparison", entrant.name),
                format!("{allocations} allocations"),
                true,
            );
        } else {
            section.holds(
                format!("{}: no allocations, for the value owns no memory", entrant.name),
                format!("{} a call", short(allocations)),
                allocations == 0.0,
            );
        }
    }
    // The counter itself must count, else the lines above say nothing.
    let watch = Watch::start();
    let before = watch.allocations();
    drop(std::hint::black_box(Box::new(before)));
    assert_eq!(watch.allocations(), before + 1, "allocations are counted");
}
