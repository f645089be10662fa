//! Reads formatted Rust source by lines: what is code, which names it imports.

/// One line of code with its number, counted from one.
pub(super) type Line<'a> = (usize, &'a str);

/// The lines of a file without comments, blank lines and modules under `#[cfg(test)]`.
///
/// A module ends at the closing brace with its own indentation, which rustfmt guarantees.
pub(super) fn code_lines(text: &str) -> Vec<Line<'_>> {
    let mut kept = Vec::new();
    let mut after_cfg_test = false;
    let mut skipping_to: Option<String> = None;
    for (index, line) in text.lines().enumerate() {
        let code = without_comment(line);
        if let Some(end) = &skipping_to {
            if code == end {
                skipping_to = None;
            }
            continue;
        }
        let trimmed = code.trim_start();
        if trimmed.is_empty() {
            continue;
        }
        if after_cfg_test && is_module(trimmed) {
            if trimmed.ends_with('{') {
                skipping_to = Some(format!("{}}}", indentation(code)));
            }
            after_cfg_test = false;
            continue;
        }
        // Other attributes may stand between `#[cfg(test)]` and its module.
        after_cfg_test = is_cfg_test(trimmed) || (after_cfg_test && trimmed.starts_with("#["));
        kept.push((index + 1, code));
    }
    kept
}

/// The names that top-level `use` items bring in from the given crates, under the name they get here.
pub(super) fn imports(lines: &[Line<'_>], crates: &[&str]) -> Vec<String> {
    let mut names = Vec::new();
    for (position, (_, line)) in lines.iter().enumerate() {
        let Some(path) = line.strip_prefix("use ") else { continue };
        if !words(path).next().is_some_and(|first| crates.contains(&first)) {
            continue;
        }
        let item = until(lines, position, |line| line.ends_with(';'));
        let item_words: Vec<&str> = words(&item).skip(1).collect();
        for (index, word) in item_words.iter().enumerate() {
            let is_renamed = item_words.get(index + 1) == Some(&"as");
            let is_type = word.starts_with(|first: char| first.is_ascii_uppercase());
            if is_type && !is_renamed {
                names.push((*word).to_owned());
            }
        }
    }
    names
}

/// Joins the lines from a position up to and with the first that satisfies `is_last`, with single spaces.
pub(super) fn until(lines: &[Line<'_>], position: usize, is_last: impl Fn(&str) -> bool) -> String {
    let mut joined = String::new();
    for (_, line) in &lines[position..] {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(line.trim());
        if is_last(line) {
            break;
        }
    }
    joined
}

/// The identifiers and keywords of a text.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The spaces that a line begins with.
pub(super) fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// Cuts a comment off. A `//` inside a string is cut too, which can only hide the rest of that line.
fn without_comment(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code).trim_end()
}

fn is_module(trimmed: &str) -> bool {
    words(trimmed).take(3).any(|word| word == "mod")
}

fn is_cfg_test(trimmed: &str) -> bool {
    trimmed.starts_with("#[cfg(test)]") || trimmed.starts_with("#[cfg(all(test")
}
