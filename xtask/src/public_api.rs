//! Keeps the crates that the runtime is built from out of its public signatures.
//!
//! This is a textual check of formatted source, not a type check: it sees the crate's name or a type that the same
//! file imports from it at its top level, in the signature of a `pub` item, in a public field, in a variant of a
//! public enum and in an item of a public trait. It does not see trait implementations, types that come through a
//! private alias, or what macros write. It is cheap, needs no nightly toolchain, and catches the honest mistake.

mod items;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use crate::workspace;

/// Crates that are how the runtime works and not what it offers; exchanging one must break no user.
const HIDDEN_CRATES: &[&str] =
    &["arrayvec", "event_listener", "hashbrown", "mini_moka", "quick_cache", "smallvec", "smol_str"];

/// Reads the runtime's sources and reports every public signature that names a hidden crate.
pub(crate) fn check() -> anyhow::Result<()> {
    let root = workspace::root();
    let folder = root.join("hydracache-runtime").join("src");
    let mut files = Vec::new();
    collect(&folder, &mut files)?;
    ensure!(!files.is_empty(), "{} holds no source file", folder.display());

    let mut leaks = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let shown = file.strip_prefix(&root).unwrap_or(file).display();
        leaks.extend(leaks_in(&text).into_iter().map(|leak| format!("  {shown}:{leak}")));
    }
    if !leaks.is_empty() {
        bail!("public signatures that name an implementation crate: {}\n{}", leaks.len(), leaks.join("\n"));
    }
    println!("check-public-api: {} files name no implementation crate in public", files.len());
    Ok(())
}

/// Every `.rs` file below a folder that is not a test module, in a stable order.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    for path in paths {
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// `line: signature (name)` for each public signature of one file that names a hidden crate or a type of one.
fn leaks_in(text: &str) -> Vec<String> {
    let lines = source::code_lines(text);
    let hidden: BTreeSet<String> =
        HIDDEN_CRATES.iter().map(ToString::to_string).chain(source::imports(&lines, HIDDEN_CRATES)).collect();
    items::public_signatures(&lines)
        .into_iter()
        .filter_map(|(line, signature)| {
            let name = source::words(&signature).find(|word| hidden.contains(*word))?;
            Some(format!("{line}: `{signature}` names `{name}`"))
        })
        .collect()
}
