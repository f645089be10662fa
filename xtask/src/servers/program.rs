//! Finds the programs of a server and runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// The folders in which the shell looks for programs.
pub(super) fn path_folders() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// The first of the folders that has all of these programs.
pub(super) fn folder_with(programs: &[&str], folders: Vec<PathBuf>) -> Option<PathBuf> {
    folders.into_iter().find(|folder| programs.iter().all(|program| folder.join(program).is_file()))
}

/// A command that has everything in this folder, whose user may have no other, and words its messages in English.
pub(super) fn command(program: impl AsRef<Path>, folder: &Path) -> Command {
    let mut command = Command::new(program.as_ref());
    command.current_dir(folder).env("TMPDIR", folder).env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// Runs a command in silence; when it fails, the error tells what it said.
pub(super) fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {name}"))?;
    if !output.status.success() {
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        bail!("{name} ended with {}:\n{}{}", output.status, stdout, stderr);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_taken_from_the_first_folder_that_has_them_all() {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str, programs: &[&str]| {
            let folder = root.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            for program in programs {
                std::fs::write(folder.join(program), "").unwrap();
            }
            folder
        };
        let (some, all) = (folder("some", &["initdb"]), folder("all", &["initdb", "pg_ctl"]));
        let both = vec![some.clone(), all.clone()];
        assert_eq!(folder_with(&["initdb", "pg_ctl"], both.clone()), Some(all));
        assert_eq!(folder_with(&["initdb"], both.clone()), Some(some));
        assert_eq!(folder_with(&["mariadbd"], both), None);
    }

    #[test]
    fn a_failure_tells_what_the_program_said() {
        let cargo = crate::workspace::cargo_program();
        run(Command::new(&cargo).arg("--version")).unwrap();
        let error = run(Command::new(&cargo).arg("no-such-task")).unwrap_err().to_string();
        assert!(error.contains("no-such-task"), "{error}");
    }
}
