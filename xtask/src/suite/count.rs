//! Reads from a test runner's line how many tests passed.

/// The number in a closing line of cargo-nextest or of one libtest binary, or `None` for any other line.
///
/// Only the shape of success counts: a runner that fails also ends with a failure code, which is looked at first.
pub(super) fn passed_in(line: &str) -> Option<u64> {
    let plain = without_colour(line);
    let plain = plain.trim();
    if plain.starts_with("Summary [") {
        let (_, results) = plain.split_once(" run: ")?;
        number_before(results, " passed")
    } else {
        number_before(plain.strip_prefix("test result: ok. ")?, " passed;")
    }
}

fn number_before(text: &str, marker: &str) -> Option<u64> {
    text.split_once(marker)?.0.parse().ok()
}

/// Drops the escape sequences that colour a terminal: from the escape character to the letter `m`.
fn without_colour(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, text)| text));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_of_both_runners_are_read() {
        for (line, passed) in [
            ("     Summary [   1.234s] 20 tests run: 20 passed, 1 skipped", 20),
            ("     Summary [   0.010s] 1 test run: 1 passed, 0 skipped", 1),
            ("     Summary [   0.300s] 7 tests run: 7 passed (1 slow, 2 flaky), 0 skipped", 7),
            (
                "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
                5,
            ),
        ] {
            assert_eq!(passed_in(line), Some(passed), "{line}");
        }
    }

    #[test]
    fn colours_change_nothing() {
        let nextest = "\u{1b}[32;1m     Summary\u{1b}[0m [   1.0s] \u{1b}[1m3\u{1b}[0m tests run: \u{1b}[1m3\u{1b}[0m \
                       \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m skipped";
        assert_eq!(passed_in(nextest), Some(3));
        assert_eq!(passed_in("test result: \u{1b}[32mok\u{1b}[m. 4 passed; 0 failed;"), Some(4));
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in [
            "running 5 tests",
            "test it::hits ... ok",
            "test result: FAILED. 4 passed; 1 failed;",
            "Summary",
            "",
        ] {
            assert_eq!(passed_in(line), None, "{line}");
        }
    }
}
