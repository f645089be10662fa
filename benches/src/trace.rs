//! Decodes real traces: which page each request asked for.
//!
//! N. Megiddo, D. S. Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST 2003.

use std::collections::HashMap;
use std::io::Read;

use ruzstd::decoding::StreamingDecoder;

/// A trace that is part of the program, compressed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    pub(crate) name: &'static str,
    compressed: &'static [u8],
}

/// The page requests of an OLTP system.
pub(crate) const OLTP: Source =
    Source { name: "OLTP", compressed: include_bytes!("../../examples/data/OLTP.lis.zst") };

/// The disk requests of a workstation.
pub(crate) const P3: Source =
    Source { name: "P3", compressed: include_bytes!("../../examples/data/P3.lis.zst") };

/// The requests in their order.
#[derive(Debug, PartialEq)]
pub(crate) struct Trace {
    /// Pages are numbered 0, 1, 2 … in the order of their first appearance.
    pub(crate) requests: Vec<u32>,
    /// How many different pages there are.
    pub(crate) pages: u32,
}

impl Source {
    /// Decodes it, or says why it is no trace.
    pub(crate) fn read(&self) -> Result<Trace, String> {
        let mut text = String::new();
        let unpacked = StreamingDecoder::new(self.compressed)
            .map_err(|error| error.to_string())
            .and_then(|mut decoder| decoder.read_to_string(&mut text).map_err(|error| error.to_string()));
        unpacked.map_err(|error| format!("the trace {} cannot be unpacked: {error}", self.name))?;
        parse(&text)
    }
}

/// Each line stands for as many consecutive pages as its second number says.
fn parse(text: &str) -> Result<Trace, String> {
    let mut numbers = HashMap::new();
    let mut trace = Trace { requests: Vec::new(), pages: 0 };
    for (index, line) in text.lines().enumerate() {
        let (first, count) = request(line).ok_or_else(|| {
            format!("line {}: \"{line}\" is not \"first-page count ignored request-number\"", index + 1)
        })?;
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
    fn the_traces_have_the_requests_and_pages_they_are_known_to_have() {
        let size = |source: Source| {
            let trace = source.read().unwrap();
            assert_eq!(trace.requests.iter().max(), Some(&(trace.pages - 1)));
            (trace.requests.len(), trace.pages)
        };
        assert_eq!(size(OLTP), (914_145, 186_880));
        assert_eq!(size(P3), (3_912_296, 762_543));
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
            assert!(error.starts_with("line 2: ") && error.contains(line), "{error}");
        }
    }
}
