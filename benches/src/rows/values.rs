//! Hits of values of other sizes: what is above the clone of the value, and an `Arc` whatever is in it.

use crate::contestant::Contestant;
use crate::contestants::values;
use crate::rounds::{Effort, Figures, named, one_after_another};
use crate::table::Section;

/// How far two times may be apart to be called the same.
const SAME: f64 = 1.15;

pub(crate) fn measure(effort: Effort) -> Section {
    let mut section = Section::new("Hits of other values: text, 8 KiB, `Arc`");
    let contestants: Vec<Contestant> = values::ALL.iter().map(|entrant| entrant.make(0)).collect();
    let figures = one_after_another(&contestants, effort);
    let record = named(&figures, values::RECORD);
    section.times(&figures, record);
    for (own, clone) in [(values::BYTES, values::CLONE_BYTES), (values::TEXT, values::CLONE_TEXT)] {
        let own = named(&figures, own);
        let allowed = Figures::sum("allowed", &[named(&figures, clone), record]);
        section.at_most(
            format!("{}: its clone and a hit of 64 bytes together", own.name),
            1.0,
            own.ratio(&allowed),
            "×",
        );
    }
    let (large, small) = (named(&figures, values::SHARED), named(&figures, values::SHARED_SMALL));
    section.at_most("`Arc` of 8 KiB: as fast as one of 64 bytes", SAME, large.ratio(small), "×");
    section
}
