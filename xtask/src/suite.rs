//! `cargo xtask test`: the one command that runs every check and every test.

mod count;
mod tee;

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::servers::Servers;
use crate::{dependencies, licences, public_api, workspace};

/// One step of the test command.
struct Step {
    name: &'static str,
    /// Answers how many tests passed: zero for a check, which has no tests of its own. Is given the servers that run,
    /// which are none until a step has started them.
    run: fn(&mut Servers) -> anyhow::Result<u64>,
}

/// Everything the test command does, in order. What needs a server comes after the step that starts them.
const STEPS: &[Step] = &[
    Step { name: "check-dependencies", run: |_| dependencies::check().map(|()| 0) },
    Step { name: "check-licences", run: |_| licences::check().map(|()| 0) },
    Step { name: "check-public-api", run: |_| public_api::check().map(|()| 0) },
    Step { name: "servers", run: start_servers },
    Step { name: "tests", run: |servers| tests(servers) },
    Step { name: "models", run: |_| models() },
    Step { name: "documentation tests", run: |servers| documentation_tests(servers) },
];

/// Runs the steps until one fails. The last line of a success is `N passed, 0 failed`.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut finished = Vec::new();
    let mut passed = 0;
    // Stopped when we are done, whatever became of the steps.
    let mut servers = Servers::default();
    for step in STEPS {
        println!("=== {}", step.name);
        let started = Instant::now();
        let result = (step.run)(&mut servers);
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

/// Starts the servers that tests talk to.
fn start_servers(servers: &mut Servers) -> anyhow::Result<u64> {
    *servers = Servers::start()?;
    Ok(0)
}

/// All tests but those in documentation. Benchmarks are compiled by clippy and run by hand.
///
/// One failure does not hide the others: a step is run to its end, and only the next step is not begun.
fn tests(servers: &Servers) -> anyhow::Result<u64> {
    let mut command = if workspace::has_cargo_subcommand("nextest") {
        workspace::cargo(&["nextest", "run", "--workspace", "--all-features", "--no-fail-fast"])
    } else {
        let mut command = workspace::cargo(&["test", "--workspace", "--all-features", "--no-fail-fast"]);
        command.args(["--lib", "--bins", "--tests", "--examples"]);
        command
    };
    command.envs(servers.variables());
    tee::count_passed(command)
}

/// The models alone.
pub(crate) fn run_models() -> anyhow::Result<()> {
    let passed = models()?;
    ensure!(passed > 0, "no model was played, which is no success");
    println!("{passed} passed, 0 failed");
    Ok(())
}

/// Plays the models of the runtime: those beside its code, whose modules are called `models`, and those over its public
/// interface.
fn models() -> anyhow::Result<u64> {
    // Where the flag that makes them models would not have everything else compiled anew.
    let target = workspace::metadata()?.target_directory.join("models");
    let flags = models_flags(std::env::var("RUSTFLAGS").ok().as_deref());
    let play = |which: &[&str]| {
        let mut command = workspace::cargo(&["test", "--package", "hydracache-runtime", "--no-fail-fast"]);
        command.args(["--features", "test-util,planted-bugs", "--target-dir", target.as_str()]);
        // A little optimisation takes a minute to compile, and plays ten times as many schedules in the time.
        command.args(["--config", "profile.dev.opt-level=1"]).args(which);
        // Cargo would prefer the second, and then not know of the models.
        command.env("RUSTFLAGS", &flags).env_remove("CARGO_ENCODED_RUSTFLAGS");
        tee::count_passed(command)
    };
    Ok(play(&["--lib", "models::"])? + play(&["--test", "models"])?)
}

/// The flags of the compiler that make models of them, beside those that somebody has set.
fn models_flags(set: Option<&str>) -> String {
    format!("{} --cfg hydracache_shuttle", set.unwrap_or_default()).trim_start().to_owned()
}

fn documentation_tests(servers: &Servers) -> anyhow::Result<u64> {
    let mut command = workspace::cargo(&["test", "--doc", "--workspace", "--all-features", "--no-fail-fast"]);
    command.envs(servers.variables());
    tee::count_passed(command)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_of_the_models_leaves_other_flags_in_place() {
        assert_eq!(models_flags(None), "--cfg hydracache_shuttle");
        assert_eq!(models_flags(Some("-D warnings")), "-D warnings --cfg hydracache_shuttle");
    }
}
