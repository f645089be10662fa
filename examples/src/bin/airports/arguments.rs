//! The command line: which of the two jobs to do, and with which limits.

use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Error, Parser, ValueExt};

use crate::comparison::Plan;

/// What `--help` prints, and what follows the message about a bad argument.
pub(crate) const HELP: &str = "\
Serves 28,298 airports over HTTP, or replays a real trace of 914,145 requests against them.

Usage: airports [--port N] [--database FILE]
       airports --replay [--requests N] [--uncached-budget SECONDS] [--database FILE]

  --port N                   port of the HTTP service on 127.0.0.1 (default 8080; 0 picks a free one)
  --replay                   play the trace twice, without and with the cache, and compare
  --requests N               play only the first N requests of the trace
  --uncached-budget SECONDS  how long the pass without the cache may take (default 60)
  --database FILE            keep the database in FILE instead of in a temporary one
  --help                     print this text";

const DEFAULT_PORT: u16 = 8080;
const DEFAULT_BUDGET: Duration = Duration::from_mins(1);

/// A command line that made sense.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) command: Command,
    pub(crate) database: Option<PathBuf>,
}

/// The job to do.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    Serve { port: u16 },
    Replay(Plan),
}

/// Reads the arguments; the error's message names the argument that is wrong.
pub(crate) fn parse(mut parser: Parser) -> Result<Options, Error> {
    let mut replay = false;
    let (mut port, mut requests, mut budget, mut database) = (None, None, None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => {
                return Ok(Options { command: Command::Help, database: None });
            }
            Arg::Long("replay") => replay = true,
            Arg::Long("port") => port = Some(number(&mut parser, "--port")?),
            Arg::Long("requests") => requests = Some(number::<usize>(&mut parser, "--requests")?),
            Arg::Long("uncached-budget") => budget = Some(number(&mut parser, "--uncached-budget")?),
            Arg::Long("database") => database = Some(PathBuf::from(parser.value()?)),
            other => return Err(other.unexpected()),
        }
    }
    let command = if replay {
        reject(port.is_some(), "--port does not go with --replay")?;
        reject(requests == Some(0), "--requests needs at least 1")?;
        Command::Replay(Plan { requests, budget: budget.map_or(DEFAULT_BUDGET, Duration::from_secs) })
    } else {
        reject(requests.is_some(), "--requests needs --replay")?;
        reject(budget.is_some(), "--uncached-budget needs --replay")?;
        Command::Serve { port: port.unwrap_or(DEFAULT_PORT) }
    };
    Ok(Options { command, database })
}

/// The parser's own message names the bad value but not the option that it was given to.
fn number<T>(parser: &mut Parser, option: &str) -> Result<T, Error>
where
    T: std::str::FromStr,
    T::Err: Into<Box<dyn std::error::Error + Send + Sync + 'static>>,
{
    parser.value()?.parse().map_err(|error| format!("{option}: {error}").into())
}

fn reject(when: bool, message: &str) -> Result<(), Error> {
    if when { Err(message.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options, String> {
        parse(Parser::from_args(arguments)).map_err(|error| error.to_string())
    }

    #[test]
    fn no_argument_serves_on_the_default_port() {
        assert_eq!(parsed(&[]), Ok(Options { command: Command::Serve { port: 8080 }, database: None }));
    }

    #[test]
    fn replay_takes_its_limits() {
        let plan = Plan { requests: Some(1000), budget: Duration::from_secs(5) };
        let options =
            parsed(&["--replay", "--requests", "1000", "--uncached-budget=5", "--database", "a.db"]);
        assert_eq!(options, Ok(Options { command: Command::Replay(plan), database: Some("a.db".into()) }));
    }

    #[test]
    fn a_bad_argument_is_named() {
        for (arguments, named) in [
            (&["--fast"][..], "--fast"),
            (&["extra"], "extra"),
            (&["--port", "70000"], "--port"),
            (&["--port"], "--port"),
            (&["--replay", "--requests", "many"], "many"),
            (&["--replay", "--requests", "0"], "--requests"),
            (&["--requests", "5"], "--replay"),
            (&["--uncached-budget", "5"], "--replay"),
            (&["--replay", "--port", "80"], "--port"),
        ] {
            let message = parsed(arguments).unwrap_err();
            assert!(message.contains(named), "{arguments:?} gave {message:?}");
        }
    }
}
