//! Checks that every package of the lockfile may be used under a licence we accept.

mod expression;
mod versions;

use anyhow::bail;

use crate::workspace;

/// The licences we accept. `deny.toml` repeats the list for cargo-deny; a test keeps the two equal.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "PostgreSQL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Reads the real workspace, reports every package without an acceptable licence, and lists duplicates.
pub(crate) fn check() -> anyhow::Result<()> {
    let metadata = workspace::metadata()?;
    let refused: Vec<String> = metadata
        .packages
        .iter()
        .filter_map(|package| {
            let reason = refusal(package.license.as_deref())?;
            Some(format!("  {} {}: {reason}", package.name, package.version))
        })
        .collect();
    if !refused.is_empty() {
        bail!("packages without an acceptable licence: {}\n{}", refused.len(), refused.join("\n"));
    }
    println!("check-licences: {} packages have an acceptable licence", metadata.packages.len());

    let packages = metadata.packages.iter().map(|package| (package.name.as_str(), &package.version));
    for (name, versions) in versions::duplicates(packages) {
        println!("  in several versions: {name} {}", versions.join(", "));
    }

    if workspace::has_cargo_subcommand("deny") {
        // Advisories are left out: their database needs the network, and their verdict changes without us.
        let arguments = ["deny", "--all-features", "check", "bans", "licenses", "sources"];
        workspace::run(workspace::cargo(&arguments))?;
    }
    Ok(())
}

/// Why a package's licence field is not good enough, or `None` when it is.
fn refusal(field: Option<&str>) -> Option<String> {
    let Some(text) = field else { return Some("its manifest names no licence expression".to_owned()) };
    match expression::satisfiable(text, |licence| ALLOWED.contains(&licence)) {
        Ok(true) => None,
        Ok(false) => Some(format!("`{text}` cannot be satisfied from the allow list")),
        Err(problem) => Some(format!("`{text}` is no licence expression: {problem}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_refused_for_each_reason() {
        assert_eq!(refusal(Some("MIT OR GPL-3.0-only")), None);
        assert!(refusal(None).unwrap().contains("names no licence"));
        assert!(refusal(Some("GPL-3.0-only")).unwrap().contains("allow list"));
        assert!(refusal(Some("MIT OR")).unwrap().contains("no licence expression"));
    }

    #[test]
    fn cargo_deny_is_given_the_same_list() {
        let configuration = include_str!("../../deny.toml");
        let (_, licences) = configuration.split_once("[licenses]").unwrap();
        let (_, list) = licences.split_once("allow = [").unwrap();
        let (list, _) = list.split_once(']').unwrap();
        let listed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
        assert_eq!(listed, ALLOWED);
    }

    #[test]
    fn the_real_workspace_is_accepted() {
        let refused: Vec<String> = workspace::metadata()
            .unwrap()
            .packages
            .iter()
            .filter(|package| refusal(package.license.as_deref()).is_some())
            .map(|package| package.name.to_string())
            .collect();
        assert_eq!(refused, [""; 0]);
    }
}
