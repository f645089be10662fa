//! Who runs a server: PostgreSQL refuses to be run by root, and MariaDB wants to be asked twice.

use std::process::{Command, Stdio};

/// Whether we are root.
pub(super) fn is_root() -> bool {
    identity(&[]).is_some_and(|number| number == "0")
}

/// Whether the system knows a user of this name.
pub(super) fn exists(name: &str) -> bool {
    identity(&[name]).is_some()
}

/// The number of a user: our own, or that of the one who is named.
fn identity(of: &[&str]) -> Option<String> {
    let output = Command::new("id").arg("-u").args(of).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
