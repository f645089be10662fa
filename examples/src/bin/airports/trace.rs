//! Decodes the OLTP trace: which page of a database each of 914,145 requests asked for.
//!
//! N. Megiddo, D. S. Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST 2003.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::io::Read;

use ruzstd::decoding::StreamingDecoder;

const OLTP: &[u8] = include_bytes!("../../../data/OLTP.lis.zst");

/// The requests in their order.
#[derive(Debug, PartialEq)]
pub(crate) struct Trace {
    /// Pages are numbered 0, 1, 2 … in the order of their first appearance.
    pub(crate) requests: Vec<u32>,
    /// How many different pages there are.
    pub(crate) pages: u32,
}

/// Why a file is not a trace.
#[derive(Debug, PartialEq)]
pub(crate) enum TraceError {
    Compressed(String),
    Line { line: usize, text: String },
}

impl Display for TraceError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compressed(reason) => write!(formatter, "cannot unpack OLTP.lis.zst: {reason}"),
            Self::Line { line, text } => {
                let wanted = "first-page count ignored request-number";
                write!(formatter, "OLTP.lis, line {line}: \"{text}\" is not \"{wanted}\"")
            }
        }
    }
}

impl std::error::Error for TraceError {}

/// The trace that is part of the program.
pub(crate) fn oltp() -> Result<Trace, TraceError> {
    let mut text = String::new();
    StreamingDecoder::new(OLTP)
        .map_err(|error| TraceError::Compressed(error.to_string()))?
        .read_to_string(&mut text)
        .map_err(|error| TraceError::Compressed(error.to_string()))?;
    parse(&text)
}

/// Each line stands for as many consecutive pages as its second number says.
fn parse(text: &str) -> Result<Trace, TraceError> {
    let mut numbers = HashMap::new();
    let mut trace = Trace { requests: Vec::new(), pages: 0 };
    for (index, line) in text.lines().enumerate() {
        let (first, count) =
            request(line).ok_or_else(|| TraceError::Line { line: index + 1, text: line.to_owned() })?;
        for page in first..first + u64::from(count) {
            let number = *numbers.entry(page).or_insert(trace.pages);
            // A page that is new took the next number.
            trace.pages = trace.pages.max(number + 1);
            trace.requests.push(number);
        }
    }
    Ok(trace)
}

/// The first page and how many follow it. Page numbers fit 32 bits, so that their sum fits 64.
fn request(line: &str) -> Option<(u64, u16)> {
    let mut fields = line.split_ascii_whitespace();
    let first: u32 = fields.next()?.parse().ok()?;
    let count = fields.next()?.parse().ok()?;
    // The two that remain carry nothing that a replay needs, but a line without them is cut off.
    (fields.count() == 2).then_some((u64::from(first), count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_has_914145_requests_for_186880_pages() {
        let trace = oltp().unwrap();
        assert_eq!((trace.requests.len(), trace.pages), (914_145, 186_880));
        assert_eq!(trace.requests.iter().max(), Some(&186_879));
    }

    #[test]
    fn a_line_stands_for_consecutive_pages_and_pages_are_numbered_as_they_appear() {
        let trace = parse("70 3 0 0\n9 1 0 1\n71 2 0 2\n").unwrap();
        assert_eq!(trace, Trace { requests: vec![0, 1, 2, 3, 1, 2], pages: 4 });
    }

    #[test]
    fn a_bad_line_is_named() {
        for line in ["7 x 0 0", "7 1 0", "", "7 1 0 0 0", "-7 1 0 0"] {
            let error = parse(&format!("1 1 0 0\n{line}\n")).unwrap_err();
            assert_eq!(error, TraceError::Line { line: 2, text: line.to_owned() });
        }
    }
}
