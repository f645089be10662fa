//! Builds each feature of each published crate alone, because `--all-features` hides a missing `cfg`.

use std::time::Instant;

use cargo_metadata::Package;

use crate::workspace;

/// Runs `cargo check` for every combination that a user may start from.
pub(crate) fn check() -> anyhow::Result<()> {
    let metadata = workspace::metadata()?;
    let mut builds = 0;
    for package in metadata.workspace_packages().into_iter().filter(|package| is_published(package)) {
        let features = package.features.keys().map(String::as_str);
        for selection in selections(features) {
            let started = Instant::now();
            let specification = workspace::specification(package);
            let mut command =
                workspace::cargo(&["check", "--quiet", "--locked", "--package", &specification]);
            command.args(selection);
            let line = workspace::shown(&command);
            workspace::run(command)?;
            println!("{line} ({:.1} s)", started.elapsed().as_secs_f64());
            builds += 1;
        }
    }
    anyhow::ensure!(builds > 0, "no crate of the workspace can be published");
    println!("check-features: {builds} builds succeeded");
    Ok(())
}

/// A manifest forbids publishing with an empty list of registries.
fn is_published(package: &Package) -> bool {
    package.publish.as_ref().is_none_or(|registries| !registries.is_empty())
}

/// The arguments of each build: nothing, the defaults, then every feature on its own.
fn selections<'a>(features: impl Iterator<Item = &'a str>) -> Vec<Vec<&'a str>> {
    let alone = features
        .filter(|feature| *feature != "default")
        .map(|feature| vec!["--no-default-features", "--features", feature]);
    [vec!["--no-default-features"], vec![]].into_iter().chain(alone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_feature_is_built_alone_beside_none_and_the_defaults() {
        let expected: Vec<Vec<&str>> = vec![
            vec!["--no-default-features"],
            vec![],
            vec!["--no-default-features", "--features", "cluster"],
            vec!["--no-default-features", "--features", "db-sqlx"],
        ];
        assert_eq!(selections(["cluster", "db-sqlx", "default"].into_iter()), expected);
    }
}
