//! Runs a test runner so that its output reaches the terminal at once and its counts reach us.

use std::io::{BufRead as _, BufReader, IsTerminal as _, Read, Write};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context as _, ensure};

use super::count;
use crate::workspace;

/// Runs the command to its end, passes both output streams on line by line, and adds up the passed tests.
pub(super) fn count_passed(mut command: Command) -> anyhow::Result<u64> {
    let name = workspace::shown(&command);
    if std::io::stdout().is_terminal() {
        // The runner sees a pipe and would stop colouring what a person is about to read.
        command.env("CARGO_TERM_COLOR", "always");
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    let stdout = child.stdout.take().expect("the standard output was asked for as a pipe");
    let stderr = child.stderr.take().expect("the error output was asked for as a pipe");

    // Two readers, because a child that fills the pipe nobody reads would wait for ever.
    let (from_stdout, from_stderr) = thread::scope(|scope| {
        let other = scope.spawn(|| copy_counting(stderr, std::io::stderr()));
        let own = copy_counting(stdout, std::io::stdout());
        (own, other.join().expect("copying lines does not panic"))
    });
    let status = child.wait().with_context(|| format!("cannot wait for {name}"))?;
    ensure!(status.success(), "{name} ended with {status}");
    Ok(from_stdout? + from_stderr?)
}

/// Copies bytes as they are, a line at a time, and sums what the lines report.
fn copy_counting(from: impl Read, mut to: impl Write) -> anyhow::Result<u64> {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    let mut passed = 0;
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        to.flush()?;
        passed += count::passed_in(&String::from_utf8_lossy(&line)).unwrap_or(0);
        line.clear();
    }
    Ok(passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_passed_on_and_every_result_is_added() {
        let output =
            b"running\ntest result: ok. 2 passed; 0 failed\n\xff\ntest result: ok. 3 passed; 0 failed";
        let mut copied = Vec::new();
        assert_eq!(copy_counting(&output[..], &mut copied).unwrap(), 5);
        assert_eq!(copied, output);
    }
}
