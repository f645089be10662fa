//! What a row found out, as Markdown: a table of figures, and each aim with what was measured.

use std::fmt::{self, Display, Formatter};

use crate::number::short;
use crate::rounds::Figures;

/// What the first column of the table of aims is called.
const AIM: &str = "aim";

/// One row of the plan: its figures and its aims.
#[derive(Debug, Default)]
pub(crate) struct Section {
    title: String,
    blocks: Vec<Block>,
    verdicts: Vec<Verdict>,
}

#[derive(Debug)]
enum Block {
    Note(String),
    Table(Table),
}

#[derive(Debug)]
struct Table {
    header: Vec<String>,
    lines: Vec<Vec<String>>,
}

/// An aim, and what came of it.
#[derive(Debug)]
struct Verdict {
    aim: String,
    measured: String,
    outcome: String,
}

impl Section {
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// A paragraph.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Note(text.into()));
    }

    /// Begins a table of figures; the first column is text.
    pub(crate) fn table(&mut self, header: &[&str]) {
        let header = header.iter().map(|&cell| cell.to_owned()).collect();
        self.blocks.push(Block::Table(Table { header, lines: Vec::new() }));
    }

    /// A line of the latest table.
    pub(crate) fn line(&mut self, cells: Vec<String>) {
        let Some(Block::Table(table)) = self.blocks.last_mut() else {
            panic!("a table is begun before its lines")
        };
        table.lines.push(cells);
    }

    /// A table of times, each beside a reference.
    pub(crate) fn times(&mut self, figures: &[Figures], reference: &Figures) {
        let versus = format!("× {}", reference.name);
        self.table(&["", "median ns", "min ns", &versus]);
        for one in figures {
            let ratio = short(one.ratio(reference));
            self.line(vec![one.name.to_owned(), short(one.median()), short(one.min()), ratio]);
        }
    }

    /// An aim that a measured number must not be above.
    pub(crate) fn at_most(&mut self, aim: impl Into<String>, limit: f64, measured: f64, unit: &str) {
        let off = (measured / limit - 1.0) * 100.0;
        let outcome = if measured <= limit {
            format!("met, {} % below", short(-off))
        } else {
            format!("**missed**, {} % above", short(off))
        };
        self.judge(aim, format!("{}, at most {}", with(measured, unit), with(limit, unit)), outcome);
    }

    /// An aim that a measured number must not be below.
    pub(crate) fn at_least(&mut self, aim: impl Into<String>, limit: f64, measured: f64, unit: &str) {
        let off = (measured / limit - 1.0) * 100.0;
        let outcome = if measured >= limit {
            format!("met, {} % above", short(off))
        } else {
            format!("**missed**, {} % below", short(-off))
        };
        self.judge(aim, format!("{}, at least {}", with(measured, unit), with(limit, unit)), outcome);
    }

    /// An aim that is met or is not.
    pub(crate) fn holds(&mut self, aim: impl Into<String>, measured: impl Into<String>, met: bool) {
        self.judge(aim, measured.into(), if met { "met" } else { "**missed**" }.to_owned());
    }

    fn judge(&mut self, aim: impl Into<String>, measured: String, outcome: String) {
        self.verdicts.push(Verdict { aim: aim.into(), measured, outcome });
    }
}

impl Display for Section {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "### {}\n", self.title)?;
        for block in &self.blocks {
            match block {
                Block::Note(text) => writeln!(f, "{text}")?,
                Block::Table(table) => write_table(f, &table.header, &table.lines)?,
            }
            writeln!(f)?;
        }
        if self.verdicts.is_empty() {
            return Ok(());
        }
        let header = [AIM, "measured", "outcome"].map(str::to_owned);
        let lines: Vec<_> = self
            .verdicts
            .iter()
            .map(|verdict| vec![verdict.aim.clone(), verdict.measured.clone(), verdict.outcome.clone()])
            .collect();
        write_table(f, &header, &lines)?;
        writeln!(f)
    }
}

fn with(number: f64, unit: &str) -> String {
    format!("{} {unit}", short(number)).trim_end().to_owned()
}

fn write_table(f: &mut Formatter<'_>, header: &[String], lines: &[Vec<String>]) -> fmt::Result {
    writeln!(f, "| {} |", header.join(" | "))?;
    // The first column is text, and so is all of the table of aims.
    let rule = |at: usize| if at > 0 && header[0] != AIM { "---:" } else { "---" };
    writeln!(f, "|{}|", (0..header.len()).map(rule).collect::<Vec<_>>().join("|"))?;
    lines.iter().try_for_each(|line| writeln!(f, "| {} |", line.join(" | ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_written_as_markdown() {
        let mut section = Section::new("Some row");
        section.note("A note.");
        let reference = Figures { name: "base", samples: vec![10.0, 10.0, 10.0] };
        let own = Figures { name: "own", samples: vec![20.0, 30.0, 25.0] };
        section.times(&[reference.clone(), own.clone()], &reference);
        section.at_most("twice the base", 2.0, own.ratio(&reference), "×");
        section.at_least("as fast as the base", 1.0, 1.5, "");
        section.holds("it works", "it did not", false);
        let expected = "\
### Some row

A note.

|  | median ns | min ns | × base |
|---|---:|---:|---:|
| base | 10.0 | 10.0 | 1.00 |
| own | 25.0 | 20.0 | 2.50 |

| aim | measured | outcome |
|---|---|---|
| twice the base | 2.50 ×, at most 2.00 × | **missed**, 25.0 % above |
| as fast as the base | 1.50, at least 1.00 | met, 50.0 % above |
| it works | it did not | **missed** |

";
        assert_eq!(section.to_string(), expected);
    }
}
