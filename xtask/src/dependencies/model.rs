//! What the rules need to know of a workspace, and nothing of how it was found out.

use std::fmt;

/// The crates of the workspace and the graphs that are resolved for some of them.
pub(crate) struct Workspace {
    pub(crate) members: Vec<Member>,
    pub(crate) graphs: Vec<Graph>,
}

/// One crate of ours, known by its folder because the table of the architecture names folders.
pub(crate) struct Member {
    pub(crate) folder: String,
    pub(crate) dependencies: Vec<Dependency>,
    /// What the crate's own features switch on, such as `tokio/net`.
    pub(crate) feature_effects: Vec<String>,
}

/// One dependency line of a manifest.
pub(crate) struct Dependency {
    /// The name in the registry, whatever the manifest renames it to.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The folder below the workspace root when the dependency is a path, else `None`.
    pub(crate) folder: Option<String>,
    pub(crate) optional: bool,
    pub(crate) features: Vec<String>,
}

/// The section of the manifest that a dependency stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Build,
    Development,
}

/// All packages that end up below one crate through normal dependencies.
pub(crate) struct Graph {
    pub(crate) folder: &'static str,
    /// Which features the graph was resolved with, for the message.
    pub(crate) features: &'static str,
    pub(crate) packages: Vec<String>,
}

/// A broken rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) folder: String,
    pub(crate) dependency: String,
    pub(crate) rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "  {} -> {}: {}", self.folder, self.dependency, self.rule)
    }
}
