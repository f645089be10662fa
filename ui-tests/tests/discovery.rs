//! An application finds what the libraries that it links have annotated, whether it calls them or not, in a build for
//! development and in one from which everything was dropped that could be.
//!
//! The two crates in `ui-tests/discovery` are no members of this workspace, because the profile of a workspace is one for
//! all of it. They are built in the target folder, from the versions in this workspace's lockfile.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

/// What the library has, in the order in which the application prints it.
const EVERYTHING: &str = "\
function library.by_name of discovery-library
function library.free of discovery-library
function library.generic of discovery-library
function library.method of discovery-library
function library.private of discovery-library
loader library.by_name
writer write
entity thing
";

#[test]
fn functions_of_linked_libraries_are_found() -> io::Result<()> {
    let crates = Crates::copied()?;
    for profile in ["dev", "release"] {
        assert_eq!(crates.output("linked", profile)?, EVERYTHING, "with the profile {profile}");
        let missing = crates.output("unlinked", profile)?;
        assert!(missing.contains("`discovery-library`"), "with the profile {profile}: {missing}");
        assert!(missing.contains("use discovery_library as _;"), "with the profile {profile}: {missing}");
    }
    Ok(())
}

/// A copy of the crates, and where they are built.
struct Crates {
    folder: PathBuf,
    target: PathBuf,
}

impl Crates {
    /// Copies the crates; what has not changed keeps its time, so that cargo does not build it again.
    fn copied() -> io::Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let own = Path::new(env!("CARGO_TARGET_TMPDIR")).join("discovery");
        let (folder, target) = (own.join("crates"), own.join("target"));
        copy(&here.join("discovery"), &folder, &here.join("../hydracache"))?;
        // Without it cargo would ask the network for versions. It removes what the two crates do not use.
        fs::copy(here.join("../Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Self { folder, target })
    }

    /// Builds a program of the application, and returns what it prints.
    fn output(&self, program: &str, profile: &str) -> io::Result<String> {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["run", "--quiet", "--offline", "--bin", program, "--profile", profile]);
        cargo.arg("--manifest-path").arg(self.folder.join("Cargo.toml"));
        let output = cargo.arg("--target-dir").arg(&self.target).output()?;
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`{program}` in {profile} ended with {}:\n{error}", output.status);
        String::from_utf8(output.stdout).map_err(io::Error::other)
    }
}

/// Copies a folder; the path of the facade in its manifests becomes an absolute one.
fn copy(from: &Path, to: &Path, facade: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&from, &to, facade)?;
            continue;
        }
        // As a literal of TOML a path may have backslashes in it.
        let facade = format!("path = '{}'", facade.canonicalize()?.display());
        let text = fs::read_to_string(&from)?.replace("path = \"../../../hydracache\"", &facade);
        if fs::read_to_string(&to).ok().as_ref() != Some(&text) {
            fs::write(&to, text)?;
        }
    }
    Ok(())
}
