//! Instructions per operation, counted by valgrind: the program runs itself as a child, with so many operations and
//! with twice as many, and divides the difference.

use std::env;
use std::io;
use std::process::{Command, Stdio};

use crate::contestant::Entrant;
use crate::contestants::{self, ours, parts, store};
use crate::number::{as_f64, short};
use crate::rounds::Effort;
use crate::table::Section;
use crate::workload::FEW;

/// The option that makes the program a child of this row.
pub(crate) const CHILD: &str = "count-instructions";

pub(crate) fn measure(effort: Effort) -> Section {
    let mut section = Section::new("Instructions per operation");
    if !has_valgrind() {
        section.note("`valgrind` is not installed here, so instructions were not counted.");
        return section;
    }
    let operations: u64 = if effort.quick { 2_000 } else { 5_000 };
    let parts =
        [parts::NO_TTL, parts::WITH_TTL, store::NAME, parts::ALONE[0], parts::ALONE[1], parts::ALONE[2]];
    let hits: Vec<_> = contestants::of_hits()
        .into_iter()
        .filter(|entrant| !effort.quick || parts.contains(&entrant.name) || is_ours(entrant))
        .collect();
    let mut reference = None;
    section.table(&["", "instructions", "× the parts"]);
    for entrant in hits {
        let counted = of_one(entrant.name, operations);
        if entrant.name == parts::NO_TTL {
            reference = counted.as_ref().ok().copied();
        }
        section.line(line(entrant.name, &counted, reference));
    }
    section.table(&["", "instructions", "× quick_cache"]);
    let mut misses = contestants::of_misses();
    misses
        .retain(|entrant| !effort.quick || is_ours(entrant) || entrant.name == contestants::QUICK_CACHE_MISS);
    // The reference comes first.
    misses.sort_by_key(|entrant| entrant.name != contestants::QUICK_CACHE_MISS);
    let mut reference = None;
    for entrant in misses {
        let counted = of_one(entrant.name, operations);
        reference = reference.or(counted.as_ref().ok().copied());
        section.line(line(entrant.name, &counted, reference));
    }
    section
}

fn is_ours(entrant: &Entrant) -> bool {
    ours::HITS.iter().chain(ours::MISSES).any(|own| own.name == entrant.name)
}

fn line(name: &str, counted: &Result<f64, String>, reference: Option<f64>) -> Vec<String> {
    let ratio = |count: f64| reference.map_or_else(String::new, |reference| short(count / reference));
    match counted {
        Ok(count) => vec![name.to_owned(), short(*count), ratio(*count)],
        Err(problem) => vec![name.to_owned(), problem.clone(), String::new()],
    }
}

fn has_valgrind() -> bool {
    let version =
        Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// Instructions of one operation.
fn of_one(name: &str, operations: u64) -> Result<f64, String> {
    let less = of_a_run(name, operations)?;
    let more = of_a_run(name, 2 * operations)?;
    Ok(as_f64(more.saturating_sub(less)) / as_f64(operations))
}

fn of_a_run(name: &str, operations: u64) -> Result<u64, String> {
    let run = || -> io::Result<String> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(env::current_exe()?)
            .arg(format!("--{CHILD}"))
            .args([name, &operations.to_string()])
            .stdout(Stdio::null())
            .output()?;
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let report = run().map_err(|error| format!("valgrind cannot be run: {error}"))?;
    collected(&report).ok_or_else(|| format!("valgrind said: {}", report.lines().last().unwrap_or("nothing")))
}

/// What callgrind counted, from its report.
fn collected(report: &str) -> Option<u64> {
    let (_, number) = report.lines().find_map(|line| line.split_once("Collected : "))?;
    number.trim().parse().ok()
}

/// What the child does: one contestant, so many operations after it has been warmed up.
pub(crate) fn run_counted(name: &str, operations: u64) -> Result<(), String> {
    let all = [contestants::of_hits(), contestants::of_misses(), contestants::values::ALL.to_vec()].concat();
    let entrant = all.iter().find(|entrant| entrant.name == name);
    let contestant = entrant.ok_or_else(|| format!("there is no contestant `{name}`"))?.make(FEW);
    contestant.run(FEW);
    contestant.run(operations);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_the_report() {
        let report = "==7== \n==7== Events    : Ir\n==7== Collected : 4512345\n==7== \n==7== I   refs:      4,512,345\n";
        assert_eq!(collected(report), Some(4_512_345));
        assert_eq!(collected("==7== nothing of the kind"), None);
    }

    #[test]
    fn the_child_knows_every_contestant_and_refuses_others() {
        assert_eq!(run_counted(parts::ALONE[0], 10), Ok(()));
        assert!(run_counted("nobody", 10).is_err());
    }
}
