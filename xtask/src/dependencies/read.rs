//! Fills the model from `cargo metadata` and `cargo tree`.

use anyhow::{Context as _, ensure};
use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{DependencyKind, Metadata, Package};

use super::model::{Dependency, Graph, Kind, Member, Workspace};
use crate::workspace;

/// The real workspace.
pub(crate) fn workspace(metadata: &Metadata) -> anyhow::Result<Workspace> {
    let root = &metadata.workspace_root;
    let members = metadata.workspace_packages().into_iter().map(|package| member(package, root)).collect();
    let graphs = vec![
        // All features, because the rule for the runtime knows no exception; they include the defaults.
        graph(metadata, "hydracache-runtime", "with all features", &["--all-features"])?,
        graph(metadata, "hydracache", "with default features", &[])?,
    ];
    Ok(Workspace { members, graphs })
}

fn member(package: &Package, root: &Utf8Path) -> Member {
    let manifest_folder = package.manifest_path.parent().unwrap_or(root);
    Member {
        folder: below(manifest_folder, root),
        dependencies: package.dependencies.iter().map(|found| dependency(found, root)).collect(),
        feature_effects: package.features.values().flatten().cloned().collect(),
    }
}

fn dependency(found: &cargo_metadata::Dependency, root: &Utf8Path) -> Dependency {
    Dependency {
        name: found.name.clone(),
        kind: match found.kind {
            DependencyKind::Development => Kind::Development,
            DependencyKind::Build => Kind::Build,
            _ => Kind::Normal,
        },
        folder: found.path.as_deref().map(|path| below(path, root)),
        optional: found.optional,
        features: found.features.clone(),
    }
}

/// The path relative to the root, or as it is when it lies elsewhere: then no row of the table allows it.
fn below(path: &Utf8Path, root: &Utf8Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string()
}

/// `cargo metadata` unifies the features of all members, so it cannot say what one crate brings in by itself;
/// `cargo tree` resolves a package alone, as a user's build does.
fn graph(
    metadata: &Metadata,
    folder: &'static str,
    features: &'static str,
    selection: &[&str],
) -> anyhow::Result<Graph> {
    let package = metadata
        .workspace_packages()
        .into_iter()
        .find(|package| package.name == folder)
        .with_context(|| format!("the workspace has no crate `{folder}`"))?;
    let specification = workspace::specification(package);
    let mut command = workspace::cargo(&["tree", "--package", &specification, "--edges", "normal"]);
    command.args(["--target", "all", "--prefix", "none", "--format", "{p}"]).args(selection);
    let output = command.output().with_context(|| format!("cannot start {}", workspace::shown(&command)))?;
    ensure!(
        output.status.success(),
        "{} failed:\n{}",
        workspace::shown(&command),
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    let packages = names(&String::from_utf8_lossy(&output.stdout));
    ensure!(packages.len() > 1, "{} named no dependency", workspace::shown(&command));
    Ok(Graph { folder, features, packages })
}

/// The package names of `name vVERSION (source)` lines, each once; a package is listed under every user of it.
fn names(tree: &str) -> Vec<String> {
    let mut names: Vec<String> =
        tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_gives_each_name_once() {
        let tree = "hydracache v0.1.0 (/w/hydracache)\nserde v1.0.0\nbytes v1.12.0\nserde v1.0.0 (*)\n\n";
        assert_eq!(names(tree), ["bytes", "hydracache", "serde"]);
    }

    #[test]
    fn a_path_outside_the_workspace_stays_absolute() {
        assert_eq!(below(Utf8Path::new("/w/xtask"), Utf8Path::new("/w")), "xtask");
        assert_eq!(below(Utf8Path::new("/other/x"), Utf8Path::new("/w")), "/other/x");
    }
}
