//! Each rule must turn red for a planted violation, and the real workspace must be green.

use super::model::{Dependency, Graph, Kind, Member, Workspace};
use super::{check, rules};

fn outside(name: &str) -> Dependency {
    Dependency {
        name: name.to_owned(),
        kind: Kind::Normal,
        folder: None,
        optional: false,
        features: Vec::new(),
    }
}

fn ours(folder: &str) -> Dependency {
    Dependency { folder: Some(folder.to_owned()), ..outside(folder) }
}

fn optional(dependency: Dependency) -> Dependency {
    Dependency { optional: true, ..dependency }
}

fn development(dependency: Dependency) -> Dependency {
    Dependency { kind: Kind::Development, ..dependency }
}

fn member(folder: &str, dependencies: Vec<Dependency>) -> Member {
    Member { folder: folder.to_owned(), dependencies, feature_effects: Vec::new() }
}

/// `crate -> dependency` for each violation of a workspace with this one crate.
fn broken(member: Member) -> Vec<String> {
    broken_in(&Workspace { members: vec![member], graphs: Vec::new() })
}

fn broken_in(workspace: &Workspace) -> Vec<String> {
    rules::violations(workspace).iter().map(|v| format!("{} -> {}", v.folder, v.dependency)).collect()
}

#[test]
fn the_intended_shape_is_green() {
    let facade = vec![
        ours("hydracache-macros"),
        ours("hydracache-runtime"),
        optional(ours("hydracache-db")),
        optional(ours("hydracache-cluster")),
        optional(outside("axum")),
    ];
    let members = vec![
        member("hydracache-macros", vec![outside("syn"), outside("quote"), development(outside("trybuild"))]),
        member("hydracache-runtime", vec![outside("tokio"), outside("quick_cache")]),
        member("hydracache-db", vec![ours("hydracache-runtime"), ours("hydracache-macros"), outside("sqlx")]),
        member("hydracache-cluster", vec![ours("hydracache-runtime"), outside("raft")]),
        member("hydracache", facade),
        member("ui-tests", vec![development(ours("hydracache")), development(ours("hydracache-db"))]),
        member("examples", vec![ours("hydracache"), outside("axum")]),
        // A released version of the facade under another name is an outside crate.
        member("benches", vec![ours("hydracache"), outside("hydracache")]),
        member("xtask", vec![outside("anyhow")]),
    ];
    let graphs = vec![Graph {
        folder: "hydracache-runtime",
        features: "with all features",
        packages: vec!["tokio".to_owned(), "redistribute".to_owned()],
    }];
    assert_eq!(broken_in(&Workspace { members, graphs }), [""; 0]);
}

#[test]
fn each_row_of_the_table_refuses_what_it_does_not_name() {
    for (folder, wrong) in [
        ("hydracache-macros", "hydracache-runtime"),
        ("hydracache-runtime", "hydracache-macros"),
        ("hydracache-db", "hydracache-cluster"),
        ("hydracache-cluster", "hydracache-db"),
        ("hydracache", "xtask"),
        ("ui-tests", "hydracache-macros"),
        ("examples", "hydracache-runtime"),
        ("benches", "hydracache-runtime"),
        ("xtask", "hydracache-db"),
    ] {
        assert_eq!(broken(member(folder, vec![ours(wrong)])), [format!("{folder} -> {wrong}")]);
    }
}

#[test]
fn a_development_dependency_of_ours_counts() {
    let runtime = member("hydracache-runtime", vec![development(ours("hydracache"))]);
    assert_eq!(broken(runtime), ["hydracache-runtime -> hydracache"]);
}

#[test]
fn the_facade_takes_database_and_cluster_only_as_options() {
    let facade = member("hydracache", vec![ours("hydracache-db"), optional(ours("hydracache-cluster"))]);
    assert_eq!(broken(facade), ["hydracache -> hydracache-db"]);
}

#[test]
fn a_crate_without_a_row_is_refused() {
    assert_eq!(broken(member("hydracache-new", vec![])), ["hydracache-new -> (itself)"]);
}

#[test]
fn the_macro_crate_uses_only_the_syntax_crates() {
    let macros = member("hydracache-macros", vec![outside("syn"), outside("heck")]);
    assert_eq!(broken(macros), ["hydracache-macros -> heck"]);
}

#[test]
fn the_runtime_names_no_driver_even_as_an_option() {
    let runtime = member("hydracache-runtime", vec![optional(outside("sqlx-core"))]);
    assert_eq!(broken(runtime), ["hydracache-runtime -> sqlx-core"]);
}

#[test]
fn the_runtime_asks_tokio_for_no_sockets() {
    for feature in ["net", "full"] {
        let tokio = Dependency { features: vec![feature.to_owned()], ..outside("tokio") };
        let found = broken(member("hydracache-runtime", vec![tokio]));
        assert_eq!(found, [format!("hydracache-runtime -> tokio/{feature}")]);
    }
}

#[test]
fn a_feature_of_the_runtime_asks_tokio_for_no_sockets() {
    for effect in ["tokio/net", "tokio?/net"] {
        let mut runtime = member("hydracache-runtime", vec![outside("tokio")]);
        runtime.feature_effects.push(effect.to_owned());
        assert_eq!(broken(runtime), ["hydracache-runtime -> tokio/net"]);
    }
}

#[test]
fn no_io_crate_lies_anywhere_below_a_graph() {
    for package in ["sqlx", "diesel", "sea-orm", "hyper-util", "axum", "reqwest", "raft-proto", "chitchat"]
        .into_iter()
        .chain(["redis", "async-nats", "tokio-postgres", "mio", "socket2"])
    {
        let graph = Graph {
            folder: "hydracache",
            features: "with default features",
            packages: vec!["serde".to_owned(), package.to_owned()],
        };
        let workspace = Workspace { members: Vec::new(), graphs: vec![graph] };
        assert_eq!(broken_in(&workspace), [format!("hydracache -> {package}")]);
    }
}

#[test]
fn a_violation_says_crate_dependency_and_rule() {
    let members = vec![member("xtask", vec![ours("hydracache-db")])];
    let violations = rules::violations(&Workspace { members, graphs: Vec::new() });
    let text = violations[0].to_string();
    assert_eq!(text, "  xtask -> hydracache-db: of our crates it may depend on: hydracache");
}

#[test]
fn the_real_workspace_keeps_the_rules() {
    check().unwrap();
}
