//! The database servers that tests talk to: real ones, started for the tests and stopped after them.
//!
//! Each server is run by a process of its own, the keeper, which stops it as soon as we end, however we end.

mod folder;
mod install;
mod keeper;
mod mariadb;
mod port;
mod postgres;
mod program;
mod user;

use std::ffi::OsStr;
use std::io;

use anyhow::Context as _;

use keeper::Keeper;
use mariadb::MariaDb;
use postgres::Postgres;

/// One of the servers, as those see it who need it.
struct Kind {
    name: &'static str,
    /// The environment variable by which tests are told where the server is.
    variable: &'static str,
    /// The package of Debian and its relatives that has it.
    package: &'static str,
    /// What must be found on a system that has other packages.
    programs: &'static str,
    is_installed: fn() -> bool,
    /// The task of the keeper.
    task: &'static str,
}

const KINDS: [Kind; 2] = [
    Kind {
        name: "PostgreSQL",
        variable: "HYDRACACHE_TEST_POSTGRES",
        package: "postgresql",
        programs: "initdb, pg_ctl",
        is_installed: postgres::is_installed,
        task: "keep-postgres",
    },
    Kind {
        name: "MariaDB",
        variable: "HYDRACACHE_TEST_MARIADB",
        package: "mariadb-server",
        programs: "mariadbd, mariadb-install-db",
        is_installed: mariadb::is_installed,
        task: "keep-mariadb",
    },
];

/// The servers that run for us, until this is dropped. The default is none.
#[derive(Default)]
pub(crate) struct Servers {
    variables: Vec<(&'static str, String)>,
    /// Held for their end.
    _keepers: Vec<Keeper>,
}

impl Servers {
    /// Starts each server that no environment variable names, and installs it first where it is missing.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let (named, wanted): (Vec<&Kind>, Vec<&Kind>) =
            KINDS.iter().partition(|kind| is_named(std::env::var_os(kind.variable).as_deref()));
        for kind in named {
            println!("{}: using the server that {} names", kind.name, kind.variable);
        }
        install::ensure_installed(&wanted)?;

        // All are begun before the first is waited for.
        let mut keepers: Vec<Keeper> =
            wanted.iter().map(|kind| Keeper::start(kind.task)).collect::<Result<_, _>>()?;
        let mut variables = Vec::new();
        for (kind, keeper) in wanted.iter().zip(&mut keepers) {
            let url = keeper.url().with_context(|| format!("{} did not start", kind.name))?;
            println!("{}: started, {url}", kind.name);
            variables.push((kind.variable, url));
        }
        Ok(Self { variables, _keepers: keepers })
    }

    /// What tells the tests where the servers are. Variables that were set before we came are not among them: they
    /// reach the tests without us.
    fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.variables.iter().map(|(name, url)| (*name, url.as_str()))
    }

    /// What tells the tests where the servers are, and that one which is not told fails instead of being left out.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.named().chain([("HYDRACACHE_TEST_SERVERS", "required")])
    }
}

/// Starts the servers, says how to name them to tests, and waits until the standard input ends. There is nothing to
/// wait for when all are named already.
pub(crate) fn run() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    for (name, url) in servers.named() {
        println!("export {name}={url}");
    }
    if servers.variables.is_empty() {
        return Ok(());
    }
    eprintln!("they run until this is interrupted or its standard input ends");
    io::copy(&mut io::stdin(), &mut io::sink()).context("the standard input cannot be read")?;
    Ok(())
}

/// The keeper of PostgreSQL.
pub(crate) fn keep_postgres() -> anyhow::Result<()> {
    keeper::keep(Postgres::start)
}

/// The keeper of MariaDB.
pub(crate) fn keep_mariadb() -> anyhow::Result<()> {
    keeper::keep(MariaDb::start)
}

/// Whether a variable names a server. An empty one is as good as none.
fn is_named(value: Option<&OsStr>) -> bool {
    value.is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_names_no_server() {
        assert!(is_named(Some("postgres://elsewhere/test".as_ref())));
        assert!(!is_named(Some("".as_ref())));
        assert!(!is_named(None));
    }
}
