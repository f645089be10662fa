//! Every program in `pass` compiles and runs; every program in `fail` is refused in the words of its `.stderr`.
//!
//! After a message was changed on purpose, `TRYBUILD=overwrite cargo test -p hydracache-ui-tests` writes the files
//! anew; read what it wrote.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/pass/**/*.rs");
    cases.compile_fail("tests/fail/**/*.rs");
}
