//! Runs the small programs as a reader would: each asserts what it shows, and its last line says how it went.

use std::process::Command;

/// Runs a program to its end and compares its last line.
fn ends_with(program: &str, last: &str) {
    let output = Command::new(program).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} ended with {}:\n{stdout}\n{stderr}", output.status);
    assert_eq!(stdout.lines().last(), Some(last), "{program} printed:\n{stdout}");
    assert_eq!(stderr, "", "{program} had something to say about errors");
}

#[test]
fn quickstart() {
    ends_with(env!("CARGO_BIN_EXE_quickstart"), "quickstart: 2 hits, 6 loads");
}

#[test]
fn methods() {
    ends_with(
        env!("CARGO_BIN_EXE_methods"),
        "methods: 4 cached, country.flag, country.in_city, country.name, methods::Country::Census::count",
    );
}

#[test]
fn invalidation() {
    ends_with(env!("CARGO_BIN_EXE_invalidation"), "invalidation: 4 attributes on writes, no stale read");
}

#[test]
fn refresh() {
    ends_with(env!("CARGO_BIN_EXE_refresh"), "refresh: 9 observations were asked for");
}

#[test]
fn bulk() {
    ends_with(env!("CARGO_BIN_EXE_bulk"), "bulk: 112 keys were loaded");
}

#[test]
fn sqlx_sqlite() {
    ends_with(env!("CARGO_BIN_EXE_sqlx_sqlite"), "sqlx_sqlite: 7 hits, 7 loads");
}
