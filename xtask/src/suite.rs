//! `cargo xtask test`: the one command that runs every check and every test.

mod count;
mod tee;

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::{dependencies, licences, public_api, workspace};

/// One step of the test command.
struct Step {
    name: &'static str,
    /// Answers how many tests passed: zero for a check, which has no tests of its own.
    run: fn() -> anyhow::Result<u64>,
}

/// Everything the test command does, in order. What needs a server belongs in a step of its own that starts the
/// server, runs the tests and stops it again.
const STEPS: &[Step] = &[
    Step { name: "check-dependencies", run: || dependencies::check().map(|()| 0) },
    Step { name: "check-licences", run: || licences::check().map(|()| 0) },
    Step { name: "check-public-api", run: || public_api::check().map(|()| 0) },
    Step { name: "tests", run: tests },
    Step { name: "documentation tests", run: documentation_tests },
];

/// Runs the steps until one fails. The last line of a success is `N passed, 0 failed`.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut finished = Vec::new();
    let mut passed = 0;
    for step in STEPS {
        println!("=== {}", step.name);
        let started = Instant::now();
        let result = (step.run)();
        let took = started.elapsed();
        println!("=== {} {} after {}", step.name, outcome(&result), seconds(took));
        passed += result.with_context(|| format!("the step `{}` failed", step.name))?;
        finished.push((step.name, took));
    }
    ensure!(passed > 0, "no test ran, which is no success");
    println!("=== summary");
    for (name, took) in finished {
        println!("{name:<24}{:>10}", seconds(took));
    }
    println!("{passed} passed, 0 failed");
    Ok(())
}

/// All tests but those in documentation. Benchmarks are compiled by clippy and run by hand.
///
/// One failure does not hide the others: a step is run to its end, and only the next step is not begun.
fn tests() -> anyhow::Result<u64> {
    if workspace::has_cargo_subcommand("nextest") {
        tee::count_passed(workspace::cargo(&[
            "nextest",
            "run",
            "--workspace",
            "--all-features",
            "--no-fail-fast",
        ]))
    } else {
        let mut command = workspace::cargo(&["test", "--workspace", "--all-features", "--no-fail-fast"]);
        command.args(["--lib", "--bins", "--tests", "--examples"]);
        tee::count_passed(command)
    }
}

fn documentation_tests() -> anyhow::Result<u64> {
    tee::count_passed(workspace::cargo(&["test", "--doc", "--workspace", "--all-features", "--no-fail-fast"]))
}

fn outcome(result: &anyhow::Result<u64>) -> String {
    match result {
        Ok(0) => "done".to_owned(),
        Ok(passed) => format!("done, {passed} passed,"),
        Err(_) => "FAILED".to_owned(),
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
