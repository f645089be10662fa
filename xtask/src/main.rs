//! `cargo xtask`: the workspace's own checks and its one test command.

mod build_time;
mod cli;
mod dependencies;
mod features;
mod licences;
mod public_api;
mod servers;
mod soak;
mod suite;
mod workspace;

use std::process::ExitCode;

use cli::{Parsed, USAGE_ERROR};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match cli::parse(&arguments) {
        Ok(Parsed::Help(text)) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Ok(Parsed::Run(task)) => match (task.run)() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            }
        },
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(USAGE_ERROR)
        }
    }
}
