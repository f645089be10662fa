//! Installs servers that are missing from the system's packages, where that can be done without asking.

use std::process::{Command, Stdio};

use anyhow::bail;

use super::{Kind, user};

/// How packages are installed on Debian and its relatives: the only ones of which we know what is where afterwards.
const INSTALL: [&str; 4] = ["apt-get", "install", "-y", "--no-install-recommends"];

/// How the lists of packages are brought up to date.
const UPDATE: [&str; 2] = ["apt-get", "update"];

/// Sees to it that all of these are installed, or fails with what is missing and what to do about it.
pub(super) fn ensure_installed(kinds: &[&Kind]) -> anyhow::Result<()> {
    let missing = || kinds.iter().copied().filter(|kind| !(kind.is_installed)()).collect::<Vec<&Kind>>();
    let absent = missing();
    if absent.is_empty() {
        return Ok(());
    }
    if let Some(before) = privilege().filter(|_| succeeds(&["apt-get", "--version"])) {
        let install = install_line(&absent);
        // With the lists of packages that are there, and then with new ones. Only the outcome counts: a package may be
        // there although its own first start of the server failed.
        for lines in [&[install.clone()][..], &[UPDATE.to_vec(), install]] {
            for line in lines {
                attempt(before, line);
            }
            if missing().is_empty() {
                return Ok(());
            }
        }
    }
    bail!("{}", refusal(&missing()))
}

/// What is put before a command so that root runs it, or `None` where somebody would have to be asked for a password.
fn privilege() -> Option<&'static [&'static str]> {
    if user::is_root() { Some(&[]) } else { succeeds(&["sudo", "-n", "true"]).then_some(&["sudo", "-n"]) }
}

/// Whether a command runs, in silence, and succeeds.
fn succeeds(line: &[&str]) -> bool {
    let mut command = Command::new(line[0]);
    command.args(&line[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a command for all to see. The environment of `sudo` is its own, so the variable is set behind it.
fn attempt(before: &[&str], line: &[&str]) {
    println!("{}", line.join(" "));
    let whole = [before, &["env", "DEBIAN_FRONTEND=noninteractive"], line].concat();
    let result = Command::new(whole[0]).args(&whole[1..]).stdin(Stdio::null()).status();
    if !result.is_ok_and(|status| status.success()) {
        eprintln!("warning: `{}` failed", line.join(" "));
    }
}

/// The command that installs them.
fn install_line(kinds: &[&Kind]) -> Vec<&'static str> {
    INSTALL.into_iter().chain(kinds.iter().map(|kind| kind.package)).collect()
}

/// The error that says what is missing, how to get it, and how to do without.
fn refusal(missing: &[&Kind]) -> String {
    let mut lines =
        vec!["the tests need servers that are not installed, and could not be installed:".to_owned()];
    lines.extend(missing.iter().map(|kind| {
        format!("  {}: the package {}, elsewhere the programs {}", kind.name, kind.package, kind.programs)
    }));
    lines.push(format!("On Debian and its relatives: sudo {}", install_line(missing).join(" ")));
    let variables: Vec<&str> = missing.iter().map(|kind| kind.variable).collect();
    lines.push(format!("Or name servers that run already, by their URLs: {}", variables.join(", ")));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::KINDS;
    use super::*;

    #[test]
    fn one_error_names_each_package_the_command_and_the_variables() {
        let missing: Vec<&Kind> = KINDS.iter().collect();
        let text = refusal(&missing);
        assert!(text.contains("PostgreSQL: the package postgresql, elsewhere the programs initdb, pg_ctl"));
        assert!(text.contains("sudo apt-get install -y --no-install-recommends postgresql mariadb-server"));
        assert!(text.contains("HYDRACACHE_TEST_POSTGRES, HYDRACACHE_TEST_MARIADB"));
    }

    #[test]
    fn what_is_there_is_not_asked_for() {
        let text = refusal(&[&KINDS[1]]);
        assert!(text.contains("mariadb-server") && !text.contains("postgresql"));
    }

    #[test]
    fn servers_that_are_there_need_nothing() {
        let there = Kind { is_installed: || true, ..KINDS[0] };
        ensure_installed(&[&there]).unwrap();
    }
}
