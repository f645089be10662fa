//! Proves the table of ARCHITECTURE.md: which crate may depend on which.

mod model;
mod read;
mod rules;
#[cfg(test)]
mod tests;

use anyhow::bail;

use crate::workspace;

/// Reads the real workspace and reports every broken rule at once.
pub(crate) fn check() -> anyhow::Result<()> {
    let workspace = read::workspace(&workspace::metadata()?)?;
    let violations = rules::violations(&workspace);
    if !violations.is_empty() {
        let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
        bail!("broken dependency rules: {}\n{}", lines.len(), lines.join("\n"));
    }
    println!("check-dependencies: {} crates keep the rules", workspace.members.len());
    Ok(())
}
