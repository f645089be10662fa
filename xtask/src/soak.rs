//! `cargo xtask soak`: the full counts, which take longer than a change should wait, and a table of what came out.

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::servers::Servers;
use crate::workspace;

/// One line of the table.
struct Soak {
    what: &'static str,
    /// How much of it the test command does.
    in_ci: &'static str,
    /// The environment variable that says how much is done, and how much.
    count: (&'static str, &'static str),
    /// What cargo is told.
    arguments: &'static [&'static str],
    /// Whether it talks to database servers, which are started for the first that does.
    needs_servers: bool,
}

/// The environment variable that names, by a part of their names, the lines to run; all of them if it is not set.
const ONLY: &str = "HYDRACACHE_SOAK_ONLY";

/// The tests of the runtime, optimised.
macro_rules! of_runtime {
    ($($which:literal),*) => {
        &["test", "--release", "--package", "hydracache-runtime", "--all-features", $($which),*]
    };
}

/// The tests of database results, optimised.
macro_rules! of_databases {
    ($($which:literal),*) => {
        &["test", "--release", "--package", "hydracache-db", "--all-features", $($which),*]
    };
}

/// Everything there is to soak, in the order in which it is run.
const SOAKS: &[Soak] = &[
    Soak {
        what: "racing rounds with the staleness checker",
        in_ci: "100000",
        count: ("HYDRACACHE_ROUNDS", "1000000"),
        arguments: of_runtime!("--test", "concurrency"),
        needs_servers: false,
    },
    Soak {
        what: "random histories against the model, over each store",
        in_ci: "200",
        count: ("HYDRACACHE_HISTORIES", "20000"),
        arguments: of_runtime!("--test", "it", "history"),
        needs_servers: false,
    },
    Soak {
        what: "rounds of random faults of the bus",
        in_ci: "100",
        count: ("HYDRACACHE_BUS_ROUNDS", "10000"),
        arguments: of_runtime!("--test", "it", "bus_random"),
        needs_servers: false,
    },
    Soak {
        what: "schedules of each model and kind",
        in_ci: "10000",
        count: ("HYDRACACHE_SCHEDULES", "100000"),
        arguments: &["xtask", "models"],
        needs_servers: false,
    },
    Soak {
        what: "commits in the stale-read race, for each adapter on each server",
        in_ci: "2000",
        count: ("HYDRACACHE_COMMITS", "20000"),
        arguments: of_databases!("--test", "db_suite", "race"),
        needs_servers: true,
    },
    Soak {
        what: "writers killed after a commit, on each server",
        in_ci: "20",
        count: ("HYDRACACHE_OUTBOX_KILLS", "200"),
        arguments: of_databases!("--test", "killed"),
        needs_servers: true,
    },
    Soak {
        what: "cuts of the change feed under load",
        in_ci: "5",
        count: ("HYDRACACHE_FEED_CUTS", "50"),
        arguments: of_databases!("--test", "pg_change_feed", "cut"),
        needs_servers: true,
    },
];

/// Runs everything to its end, whatever fails, and prints the table.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut lines = Vec::new();
    let mut servers = None;
    let only = std::env::var(ONLY).unwrap_or_default();
    let chosen: Vec<_> = SOAKS.iter().filter(|soak| soak.what.contains(&only)).collect();
    ensure!(!chosen.is_empty(), "nothing of what there is to soak is called `{only}`, as {ONLY} says");
    for soak in chosen {
        println!("=== {}", soak.what);
        let started = Instant::now();
        let result = play(soak, &mut servers);
        if let Err(error) = &result {
            eprintln!("error: {error:#}");
        }
        lines.push((soak, result.is_ok(), started.elapsed()));
    }
    println!("=== table");
    println!("| what | count in CI | count here | result | took |\n|---|---|---|---|---|");
    for (soak, passed, took) in &lines {
        println!("{}", line(soak, *passed, *took));
    }
    ensure!(lines.iter().all(|(_, passed, _)| *passed), "something failed; the table says what");
    Ok(())
}

/// Runs one line of the table, with the servers if it needs them.
fn play(soak: &Soak, servers: &mut Option<Servers>) -> anyhow::Result<()> {
    let mut command = workspace::cargo(soak.arguments);
    command.env(soak.count.0, soak.count.1);
    if soak.needs_servers {
        if servers.is_none() {
            *servers = Some(Servers::start()?);
        }
        command.envs(servers.iter().flat_map(Servers::variables));
    }
    workspace::run(command)
}

fn line(soak: &Soak, passed: bool, took: Duration) -> String {
    let Soak { what, in_ci, count: (_, count), .. } = soak;
    let result = if passed { "passed" } else { "FAILED" };
    format!("| {what} | {in_ci} | {count} | {result} | {} s |", took.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_what_was_done_and_how_it_went() {
        let soak = Soak {
            what: "rounds",
            in_ci: "10",
            count: ("ROUNDS", "100"),
            arguments: &[],
            needs_servers: false,
        };
        assert_eq!(line(&soak, true, Duration::from_millis(2_900)), "| rounds | 10 | 100 | passed | 2 s |");
        assert!(line(&soak, false, Duration::ZERO).contains("FAILED"));
    }

    #[test]
    fn each_count_is_asked_for_by_a_variable_of_its_own() {
        let mut names: Vec<_> = SOAKS.iter().map(|soak| soak.count.0).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SOAKS.len());
    }
}
