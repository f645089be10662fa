//! Runs the small programs as a reader would: each asserts what it shows, and its last line says how it went.

use std::process::Command;

/// Runs a program to its end and compares its last line.
fn ends_with(program: &str, last: &str) {
    ends_with_given(program, &[], last);
}

fn ends_with_given(program: &str, arguments: &[&str], last: &str) {
    let output =
        Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
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

#[cfg(feature = "sea-orm")]
#[test]
fn sea_orm_sqlite() {
    ends_with(env!("CARGO_BIN_EXE_sea_orm_sqlite"), "sea_orm_sqlite: 3005 reads, 25 queries");
}

#[test]
fn bulk() {
    ends_with(env!("CARGO_BIN_EXE_bulk"), "bulk: 112 keys were loaded");
}

#[test]
fn sqlx_sqlite() {
    ends_with(env!("CARGO_BIN_EXE_sqlx_sqlite"), "sqlx_sqlite: 4 hits, 6 loads");
}

/// Needs a server, which the test command starts.
#[cfg(feature = "postgres")]
#[test]
fn pg_change_feed() {
    let Ok(url) = std::env::var("HYDRACACHE_TEST_POSTGRES") else {
        let required = std::env::var("HYDRACACHE_TEST_SERVERS").is_ok_and(|word| word == "required");
        assert!(!required, "HYDRACACHE_TEST_POSTGRES names no server: run the tests with `cargo xtask test`");
        return eprintln!("left out: HYDRACACHE_TEST_POSTGRES names no server");
    };
    let last = "pg_change_feed: 2 loads, 1 change";
    ends_with_given(env!("CARGO_BIN_EXE_pg_change_feed"), &[&url, "--once"], last);
}

#[cfg(feature = "diesel")]
#[test]
fn diesel_sqlite() {
    ends_with(env!("CARGO_BIN_EXE_diesel_sqlite"), "diesel_sqlite: 7 loads for 1005 reads");
}
