//! The command line.

use std::ffi::OsString;

use lexopt::{Arg, Parser, ValueExt as _};

use crate::rounds::Effort;
use crate::rows::instructions::CHILD;
use crate::rows::{ROWS, Row};

/// The option that makes the program measure one row and print no more than its section.
pub(crate) const SECTION: &str = "section";

/// What the program was told to do.
pub(crate) enum Command {
    Help,
    /// Measure rows, each in a child.
    Table {
        rows: Vec<Row>,
        effort: Effort,
        write: bool,
    },
    /// Be such a child.
    Section {
        row: Row,
        effort: Effort,
    },
    /// Run one contestant, to be counted by a parent.
    Counted {
        contestant: String,
        operations: u64,
    },
}

/// What `--help` prints.
pub(crate) fn help() -> String {
    let rows: Vec<_> = ROWS.iter().map(|row| format!("  {:14}{}", row.name, row.about)).collect();
    format!(
        "Measures HydraCache beside other caches and prints a table as Markdown.\n\n\
         --only <row>  measure this row, may be given several times\n\
         --quick       fewer and shorter rounds, fewer entries, one trace\n\
         --write       also put the table into benches/README.md\n\nRows:\n{}\n",
        rows.join("\n")
    )
}

/// Reads the arguments after the program's name.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, lexopt::Error> {
    let mut parser = Parser::from_args(arguments);
    let (mut only, mut effort, mut write, mut section) = (Vec::new(), Effort::FULL, false, false);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("only") => only.push(parser.value()?.string()?),
            Arg::Long("quick") => effort = Effort::QUICK,
            Arg::Long("write") => write = true,
            Arg::Long(child) if child == SECTION => section = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            Arg::Long(child) if child == CHILD => {
                let contestant = parser.value()?.string()?;
                return Ok(Command::Counted { contestant, operations: parser.value()?.parse()? });
            }
            other => return Err(other.unexpected()),
        }
    }
    if let Some(unknown) = only.iter().find(|&name| ROWS.iter().all(|row| row.name != name)) {
        let known: Vec<_> = ROWS.iter().map(|row| row.name).collect();
        return Err(format!("there is no row `{unknown}`; the rows are: {}", known.join(", ")).into());
    }
    if write && !only.is_empty() {
        return Err("`--write` needs the whole table: leave `--only` out".into());
    }
    let wanted = |row: &Row| only.is_empty() || only.iter().any(|name| name == row.name);
    let mut rows: Vec<Row> = ROWS.into_iter().filter(wanted).collect();
    if !section {
        return Ok(Command::Table { rows, effort, write });
    }
    match (rows.pop(), rows.is_empty()) {
        (Some(row), true) => Ok(Command::Section { row, effort }),
        _ => Err(format!("`--{SECTION}` needs one row").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Command, String> {
        parse(arguments.iter().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn rows_are_chosen_and_all_of_them_without_a_choice() {
        let Ok(Command::Table { rows, effort, write }) = parsed(&["--only", "miss", "--quick", "--only=hit"])
        else {
            panic!("a table is asked for")
        };
        let names: Vec<_> = rows.iter().map(|row| row.name).collect();
        assert_eq!((names, effort.quick, write), (vec!["hit", "miss"], true, false));
        assert!(
            matches!(parsed(&["--write"]), Ok(Command::Table { rows, write: true, .. }) if rows.len() == ROWS.len())
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(parsed(&["--only", "hits"]).err().unwrap().contains("there is no row `hits`"));
        assert!(parsed(&["--write", "--only", "hit"]).err().unwrap().contains("needs the whole table"));
        assert!(parsed(&["--fast"]).is_err() && parsed(&["--section"]).is_err());
    }

    #[test]
    fn children_are_told_what_they_are_for() {
        let section = parsed(&["--section", "--only", "tags", "--quick"]);
        assert!(
            matches!(section, Ok(Command::Section { row, effort }) if row.name == "tags" && effort.quick)
        );
        let child = parsed(&["--count-instructions", "some `one`", "70"]);
        assert!(
            matches!(child, Ok(Command::Counted { contestant, operations: 70 }) if contestant == "some `one`")
        );
        assert!(matches!(parsed(&["--help"]), Ok(Command::Help)) && help().contains("hit-ratio"));
    }
}
