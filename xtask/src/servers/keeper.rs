//! A process beside us that keeps one server, and stops it when we end.
//!
//! It is this same program with another task. Its standard input is a pipe of which only we hold the other end, so it
//! ends when we let go of it: after the last step, after a failure, a panic, an interrupt, or a kill that leaves us no
//! time for anything.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail};

/// What a keeper writes before the URL of its server. Whatever else it writes is the reason of a failure.
const READY: &str = "ready ";

/// Replaces the shell by a keeper that ignores the signals which may well be sent to both of us: it still has to stop
/// its server, and will.
const DEAF: &str = r#"trap "" HUP INT TERM; exec "$0" "$1""#;

/// Our end of a keeper. Dropping it stops the server, and waits until it has stopped.
pub(super) struct Keeper {
    process: Child,
    words: BufReader<ChildStdout>,
}

impl Keeper {
    /// Starts the keeper with this task. The server may be long in coming.
    pub(super) fn start(task: &str) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("this program cannot find itself")?;
        let mut command = Command::new("sh");
        command.args(["-c", DEAF]).arg(program).arg(task);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // Servers deal with interrupts in their own ways, so those of the terminal are kept from them.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut process = command.spawn().with_context(|| format!("cannot start the task {task}"))?;
        let stdout = process.stdout.take().expect("the standard output was asked for as a pipe");
        Ok(Self { process, words: BufReader::new(stdout) })
    }

    /// Waits for the server. Answers its URL, or why there is none.
    pub(super) fn url(&mut self) -> anyhow::Result<String> {
        let mut words = String::new();
        self.words.read_line(&mut words).context("its keeper cannot be heard")?;
        if let Some(url) = words.strip_prefix(READY) {
            return Ok(url.trim_end().to_owned());
        }
        self.words.read_to_string(&mut words).context("its keeper cannot be heard")?;
        bail!("{}", if words.is_empty() { "its keeper ended without a word" } else { words.trim_end() })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // Nothing can be done about a keeper that cannot be waited for.
        let _ = self.process.wait();
    }
}

/// What the keeper does: starts its server, says where it is, and stops it when the standard input ends.
pub(super) fn keep<S>(start: impl FnOnce() -> anyhow::Result<(S, String)>) -> anyhow::Result<()> {
    let (_server, url) = match start() {
        Ok(started) => started,
        Err(error) => {
            // Told to whoever started us, for the one error that is shown in the end.
            writeln!(io::stdout(), "{error:#}")?;
            return Ok(());
        }
    };
    writeln!(io::stdout(), "{READY}{url}")?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
