//! Measures HydraCache beside other caches, in one run, and prints what came out beside what was aimed at.
//!
//! Read `rows`: each of its files is one row of the table. They run the `contestants` in `rounds`, one after the other
//! and many times over, and write a `table`. Everything else serves these.

mod allocator;
mod arguments;
mod contestant;
mod contestants;
mod machine;
mod number;
mod readme;
mod rounds;
mod rows;
mod table;
mod trace;
mod workload;

use std::env;
use std::process::{self, ExitCode, Stdio};

use crate::arguments::Command;
use crate::rounds::Effort;
use crate::rows::Row;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    match arguments::parse(env::args_os().skip(1)).map_err(|error| error.to_string())? {
        Command::Help => print!("{}", arguments::help()),
        Command::Counted { contestant, operations } => {
            rows::instructions::run_counted(&contestant, operations)?;
        }
        Command::Section { row, effort } => print!("{}", (row.measure)(effort)),
        Command::Table { rows, effort, write } => {
            let report = report(&rows, effort)?;
            if write {
                readme::write(&report)?;
            }
        }
    }
    Ok(())
}

/// Measures the rows, each in a child, and prints each as soon as it is there.
fn report(rows: &[Row], effort: Effort) -> Result<String, String> {
    let mut report = format!("Measured on {}\n", machine::description());
    if effort.quick {
        report.push_str("\nWith `--quick`: a look, not a measurement.\n");
    }
    println!("{report}");
    for row in rows {
        eprintln!("measuring {} …", row.about);
        let section = section(row, effort).map_err(|error| format!("{}: {error}", row.name))?;
        print!("{section}");
        report.push('\n');
        report.push_str(&section);
    }
    Ok(report)
}

fn section(row: &Row, effort: Effort) -> Result<String, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut child = process::Command::new(program);
    child.args([&format!("--{}", arguments::SECTION), "--only", row.name]);
    if effort.quick {
        child.arg("--quick");
    }
    let output = child.stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("the child ended with {}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}
