//! The generated part of the package's README, between two comments.

use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- begin: written by `cargo run --release -p hydracache-benches -- --write` -->";
const END: &str = "<!-- end -->";

/// Puts the report into the README of the package.
pub(crate) fn write(report: &str) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let shown = path.display();
    let text = fs::read_to_string(&path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let text = replaced(&text, report).ok_or_else(|| format!("{shown} lacks `{BEGIN}` or `{END}`"))?;
    fs::write(&path, text).map_err(|error| format!("{shown} cannot be written: {error}"))
}

/// The text with what is between the markers replaced.
fn replaced(text: &str, report: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", report.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_is_replaced() {
        let text = format!("above\n{BEGIN}\nold\n{END}\nbelow\n");
        let new = replaced(&text, "new\n\n").unwrap();
        assert_eq!(new, format!("above\n{BEGIN}\n\nnew\n\n{END}\nbelow\n"));
        assert_eq!(replaced(&new, "new").as_ref(), Some(&new));
        assert_eq!(replaced("no markers", "new"), None);
    }

    #[test]
    fn the_readme_has_the_markers() {
        assert!(replaced(include_str!("../README.md"), "").is_some());
    }
}
