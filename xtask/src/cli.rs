//! The command line: which tasks exist, and what the arguments ask for.

use std::fmt::Write as _;

use crate::{build_time, dependencies, features, licences, public_api, servers, soak, suite};

/// The exit code for a command line that asks for nothing we have, kept apart from a task that failed.
pub(crate) const USAGE_ERROR: u8 = 2;

/// One subcommand.
pub(crate) struct Task {
    name: &'static str,
    summary: &'static str,
    details: &'static str,
    pub(crate) run: fn() -> anyhow::Result<()>,
}

/// What a well-formed command line asks for.
pub(crate) enum Parsed {
    Help(String),
    Run(&'static Task),
}

const TASKS: &[Task] = &[
    Task {
        name: "test",
        summary: "Runs the checks and every test of the workspace",
        details: "Runs check-dependencies, check-licences and check-public-api, starts the servers, then runs all tests \
                  (with cargo-nextest where it is installed), the models, then the documentation tests. Stops at the \
                  first step that fails. Servers that are missing are installed with apt-get, where that can be done \
                  by root or by `sudo` without a password. The environment variables HYDRACACHE_TEST_POSTGRES and \
                  HYDRACACHE_TEST_MARIADB name servers to be used instead, by their URLs. After a success the \
                  last line reads `N passed, 0 failed`.",
        run: suite::run,
    },
    Task {
        name: "soak",
        summary: "Runs the full counts, which take hours, and prints a table",
        details: "Races, random histories, faults of the bus, schedules of the models, and races, kills and cuts over \
                  database servers, each far more often than the test command does it. Everything is run, whatever fails; \
                  the table at the end says what came out. The environment variable HYDRACACHE_SOAK_ONLY names, by a part \
                  of it, the line to run alone.",
        run: soak::run,
    },
    Task {
        name: "models",
        summary: "Plays the models of the engine in thousands of schedules",
        details: "Builds hydracache-runtime with `--cfg hydracache_shuttle` in target/models, where shuttle stands in for \
                  its locks and atomics, and runs its models. The environment variable HYDRACACHE_SCHEDULES says in \
                  how many schedules of each of two kinds each model is played, and makes them new ones. A failure \
                  prints its schedule and how to play it again.",
        run: suite::run_models,
    },
    Task {
        name: "servers",
        summary: "Starts the database servers of the tests, and keeps them running",
        details: "Starts what `test` would start, prints a line for each that names it to the tests (`export ...`), \
                  and waits until it is interrupted or its standard input ends. The servers stop as soon as this command \
                  has ended, in whatever way; their data goes with them. In the background give it an input that \
                  does not end: `sleep infinity | cargo xtask servers &`.",
        run: servers::run,
    },
    Task {
        name: "keep-postgres",
        summary: "Runs one PostgreSQL server for `servers` and `test`",
        details: "The process that stands between those tasks and the server. It prints `ready` with the server's URL, \
                  or why there is none, and stops the server when its standard input ends.",
        run: servers::keep_postgres,
    },
    Task {
        name: "keep-mariadb",
        summary: "Runs one MariaDB server for `servers` and `test`",
        details: "The process that stands between those tasks and the server. It prints `ready` with the server's URL, \
                  or why there is none, and stops the server when its standard input ends.",
        run: servers::keep_mariadb,
    },
    Task {
        name: "check-dependencies",
        summary: "Proves which crate may depend on which",
        details: "Compares the manifests and the dependency graphs that cargo resolves with the rules of \
                  ARCHITECTURE.md, and lists every violation.",
        run: dependencies::check,
    },
    Task {
        name: "check-licences",
        summary: "Checks the licence of every package in the lockfile",
        details: "Every licence expression must be satisfiable from the allow list. Crates present in several \
                  incompatible versions are listed for information. Where cargo-deny is installed it runs too.",
        run: licences::check,
    },
    Task {
        name: "check-public-api",
        summary: "Keeps implementation crates out of the runtime's public signatures",
        details: "A textual check of hydracache-runtime/src: no public signature may name a type of a crate that \
                  is an implementation detail.",
        run: public_api::check,
    },
    Task {
        name: "check-features",
        summary: "Builds every feature of every published crate alone",
        details: "Runs `cargo check` for each publishable crate without features, with the default features, and \
                  with each feature alone. The list comes from `cargo metadata`.",
        run: features::check,
    },
    Task {
        name: "build-time",
        summary: "Measures what the attribute costs the compiler",
        details: "Writes two crates with 200 functions each into target/build-time, one with `#[cached]` and one that calls \
                  `get_or_load` by hand, and checks and builds each three times in turns, with its dependencies already \
                  built. Prints a table of the medians and their ratios, of the elapsed time and, on Linux, of the \
                  processor's.",
        run: build_time::run,
    },
];

/// Turns the arguments (without the program's name) into a request, or into the message of a usage error.
pub(crate) fn parse(arguments: &[String]) -> Result<Parsed, String> {
    let Some((name, rest)) = arguments.split_first() else {
        return Err(format!("a task is missing\n\n{}", overview()));
    };
    if is_help(name) {
        return Ok(Parsed::Help(overview()));
    }
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        return Err(format!("there is no task `{name}`\n\n{}", overview()));
    };
    match rest {
        [] => Ok(Parsed::Run(task)),
        [only] if is_help(only) => Ok(Parsed::Help(task_help(task))),
        [first, ..] => Err(format!("`{name}` takes no argument `{first}`\n\n{}", task_help(task))),
    }
}

fn is_help(argument: &str) -> bool {
    matches!(argument, "--help" | "-h" | "help")
}

fn overview() -> String {
    let mut text = String::from("Usage: cargo xtask <TASK>\n\nTasks:");
    for task in TASKS {
        // Writing into a `String` cannot fail.
        let _ = write!(text, "\n  {:<20}{}", task.name, task.summary);
    }
    text.push_str("\n\n`cargo xtask <TASK> --help` says more about one task.");
    text
}

fn task_help(task: &Task) -> String {
    format!("{}\n\nUsage: cargo xtask {}\n\n{}", task.summary, task.name, task.details)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Parsed, String> {
        parse(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn every_task_runs_and_explains_itself() {
        for task in TASKS {
            assert!(matches!(parsed(&[task.name]), Ok(Parsed::Run(found)) if found.name == task.name));
            assert!(
                matches!(parsed(&[task.name, "--help"]), Ok(Parsed::Help(text)) if text.contains(task.details))
            );
        }
    }

    #[test]
    fn help_lists_every_task() {
        let Ok(Parsed::Help(text)) = parsed(&["--help"]) else { panic!("--help is not an error") };
        assert!(TASKS.iter().all(|task| text.contains(task.name)));
    }

    #[test]
    fn an_unknown_task_a_missing_one_and_a_stray_argument_are_usage_errors() {
        assert!(matches!(parsed(&["tset"]), Err(message) if message.contains("no task `tset`")));
        assert!(matches!(parsed(&[]), Err(message) if message.contains("missing")));
        assert!(matches!(parsed(&["test", "--fast"]), Err(message) if message.contains("`--fast`")));
    }
}
