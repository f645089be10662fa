//! The rules themselves: a pure function from the model to the list of violations.

use super::model::{Dependency, Graph, Kind, Member, Violation, Workspace};

/// One line of the architecture's table.
struct Row {
    folder: &'static str,
    /// Ours that the crate may name in any section of its manifest.
    ours: &'static [&'static str],
    /// Ours that only a feature may bring in.
    optional: &'static [&'static str],
}

const USER_OF_THE_FACADE: &[&str] = &["hydracache"];

const USER_OF_DATABASES: &[&str] = &["hydracache", "hydracache-db"];

const TABLE: &[Row] = &[
    Row { folder: "hydracache-macros", ours: &[], optional: &[] },
    Row { folder: "hydracache-runtime", ours: &[], optional: &[] },
    Row { folder: "hydracache-db", ours: &["hydracache-runtime", "hydracache-macros"], optional: &[] },
    Row { folder: "hydracache-cluster", ours: &["hydracache-runtime"], optional: &[] },
    Row {
        folder: "hydracache",
        ours: &["hydracache-macros", "hydracache-runtime"],
        optional: &["hydracache-db", "hydracache-cluster"],
    },
    Row { folder: "ui-tests", ours: USER_OF_DATABASES, optional: &[] },
    Row { folder: "examples", ours: USER_OF_DATABASES, optional: &[] },
    Row { folder: "benches", ours: USER_OF_DATABASES, optional: &[] },
    Row { folder: "xtask", ours: USER_OF_THE_FACADE, optional: &[] },
];

/// The macro crate turns syntax into tokens; anything beyond these would be behaviour, and slows every user's build.
const MACRO_CRATES: &[&str] = &["syn", "quote", "proc-macro2", "proc-macro-crate"];

/// Drivers, sockets and HTTP. A name stands for its family too: `sqlx` covers `sqlx-core`.
const IO_FAMILIES: &[&str] = &[
    "async-io",
    "async-nats",
    "axum",
    "chitchat",
    "diesel",
    "hyper",
    "mio",
    "openraft",
    "raft",
    "redis",
    "reqwest",
    "sea-orm",
    "socket2",
    "sqlx",
    "tokio-postgres",
];

/// Features of tokio that open sockets.
const SOCKET_FEATURES: &[&str] = &["net", "full"];

/// Every broken rule of the workspace, in the order of its crates.
pub(crate) fn violations(workspace: &Workspace) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in &workspace.members {
        internal(member, &mut found);
        match member.folder.as_str() {
            "hydracache-macros" => macros_outside(member, &mut found),
            "hydracache-runtime" => {
                runtime_manifest(member, &mut found);
                tokio_without_sockets(member, &mut found);
            }
            _ => {}
        }
    }
    for graph in &workspace.graphs {
        graph_without_io(graph, &mut found);
    }
    found
}

/// The table: every section of a manifest counts, because a development dependency also draws an arrow.
fn internal(member: &Member, found: &mut Vec<Violation>) {
    let Some(row) = TABLE.iter().find(|row| row.folder == member.folder) else {
        let rule = "a crate of the workspace needs a row in the table of xtask and of ARCHITECTURE.md";
        found.push(violation(member, "(itself)", rule));
        return;
    };
    for dependency in &member.dependencies {
        let Some(folder) = dependency.folder.as_deref() else { continue };
        if row.optional.contains(&folder) {
            // Cargo has no optional development dependencies, and those reach no user.
            if !dependency.optional && dependency.kind != Kind::Development {
                found.push(violation(member, folder, "must be optional: a feature brings it in"));
            }
        } else if !row.ours.contains(&folder) {
            let allowed: Vec<_> = row.ours.iter().chain(row.optional).copied().collect();
            let allowed = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
            found.push(violation(member, folder, &format!("of our crates it may depend on: {allowed}")));
        }
    }
}

fn macros_outside(member: &Member, found: &mut Vec<Violation>) {
    for dependency in shipped(member).filter(|dependency| dependency.folder.is_none()) {
        if !MACRO_CRATES.contains(&dependency.name.as_str()) {
            let rule = format!("the macro crate may use only: {}", MACRO_CRATES.join(", "));
            found.push(violation(member, &dependency.name, &rule));
        }
    }
}

/// Optional dependencies count here: the runtime never names I/O, under no feature.
fn runtime_manifest(member: &Member, found: &mut Vec<Violation>) {
    for dependency in shipped(member).filter(|dependency| does_io(&dependency.name)) {
        let rule = "the runtime never names a driver, a socket or an HTTP crate";
        found.push(violation(member, &dependency.name, rule));
    }
}

fn tokio_without_sockets(member: &Member, found: &mut Vec<Violation>) {
    let rule = "the runtime uses tokio without its network features";
    for feature in SOCKET_FEATURES {
        let asked = shipped(member)
            .filter(|dependency| dependency.name == "tokio")
            .any(|dependency| dependency.features.iter().any(|asked| asked == feature));
        let switched = member
            .feature_effects
            .iter()
            .any(|effect| effect.split_once('/').is_some_and(|(of, what)| is_tokio(of) && what == *feature));
        if asked || switched {
            found.push(violation(member, &format!("tokio/{feature}"), rule));
        }
    }
}

/// A feature's effect is written `tokio/net`, or `tokio?/net` when it should not bring tokio in.
fn is_tokio(name: &str) -> bool {
    name.strip_suffix('?').unwrap_or(name) == "tokio"
}

fn graph_without_io(graph: &Graph, found: &mut Vec<Violation>) {
    for package in graph.packages.iter().filter(|package| does_io(package)) {
        found.push(Violation {
            folder: graph.folder.to_owned(),
            dependency: package.clone(),
            rule: format!("no driver, socket or HTTP crate below it {}", graph.features),
        });
    }
}

fn does_io(package: &str) -> bool {
    IO_FAMILIES.iter().any(|family| {
        package.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

/// What a user of the crate compiles: everything but its development dependencies.
fn shipped(member: &Member) -> impl Iterator<Item = &Dependency> {
    member.dependencies.iter().filter(|dependency| dependency.kind != Kind::Development)
}

fn violation(member: &Member, dependency: &str, rule: &str) -> Violation {
    Violation { folder: member.folder.clone(), dependency: dependency.to_owned(), rule: rule.to_owned() }
}
