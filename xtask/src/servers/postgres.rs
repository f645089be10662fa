//! One PostgreSQL server.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, ensure};

use super::folder::Folder;
use super::{port, program, user};

/// The programs that we call; the server itself lies beside them.
const PROGRAMS: [&str; 2] = ["initdb", "pg_ctl"];

/// Where Debian and its relatives keep one folder for each version, outside of the path.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The user who runs the server when we are root.
const USER: &str = "postgres";

/// Stops the server when it is dropped.
pub(super) struct Postgres {
    programs: PathBuf,
    /// The user who runs the server in our place.
    user: Option<&'static str>,
    folder: Folder,
}

impl Postgres {
    /// Starts a server at a free port. Answers it with its URL once it takes connections.
    pub(super) fn start() -> anyhow::Result<(Self, String)> {
        let programs = programs().context("its programs were not found")?;
        let user = user::is_root().then_some(USER);
        if let Some(user) = user {
            ensure!(
                user::exists(user),
                "it does not run as root, and there is no user `{user}` to run it instead"
            );
        }
        let server = Self { programs, user, folder: Folder::owned_by(user)? };
        let settings = ["-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C"];
        server.run("initdb", &settings)?;
        let port = port::on_free_one(|port| server.listen(port).map(|()| port))?;
        Ok((server, format!("postgres://postgres@127.0.0.1:{port}/postgres")))
    }

    /// Starts the server at this port, and waits for it.
    fn listen(&self, port: u16) -> anyhow::Result<()> {
        let log = self.folder.log(port);
        let log = log.to_str().expect("a folder for temporary files is only used when its path is plain");
        self.run("pg_ctl", &["-w", "-t", "60", "-l", log, "-o", &options(port, self.folder.path()), "start"])
            .map_err(|error| anyhow!("{error:#}\n{}", self.folder.end_of_log(port)))
    }

    /// Runs one of the programs on the server's data, as the user to whom they belong.
    fn run(&self, name: &str, arguments: &[&str]) -> anyhow::Result<()> {
        let own = self.programs.join(name);
        let mut command = match self.user {
            None => program::command(own, self.folder.path()),
            Some(user) => {
                let mut command = program::command("runuser", self.folder.path());
                command.args(["-u", user, "--"]).arg(own);
                command
            }
        };
        program::run(command.arg("-D").arg(self.data()).args(arguments))
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The file is there while the server is. Nothing of the data is needed any more.
        if self.data().join("postmaster.pid").exists()
            && let Err(error) = self.run("pg_ctl", &["-m", "immediate", "stop"])
        {
            eprintln!("warning: PostgreSQL was not stopped: {error:#}");
        }
    }
}

/// Whether the programs are there.
pub(super) fn is_installed() -> bool {
    programs().is_some()
}

/// The folder of the programs: one on the path, or else the newest of Debian's.
fn programs() -> Option<PathBuf> {
    let names = std::fs::read_dir(DEBIAN).into_iter().flatten().filter_map(|entry| {
        // Names that are no text are no versions either.
        entry.ok()?.file_name().into_string().ok()
    });
    let versions = newest_first(names).into_iter().map(|name| Path::new(DEBIAN).join(name).join("bin"));
    program::folder_with(&PROGRAMS, program::path_folders().into_iter().chain(versions).collect())
}

/// Those of the names that are versions, like `15` and `9.6`.
fn newest_first(names: impl Iterator<Item = String>) -> Vec<String> {
    let version = |name: &str| name.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>();
    let mut versions: Vec<_> = names.filter_map(|name| Some((version(&name)?, name))).collect();
    versions.sort_unstable_by(|one, other| other.cmp(one));
    versions.into_iter().map(|(_, name)| name).collect()
}

/// What the server itself is told.
fn options(port: u16, folder: &Path) -> String {
    format!(
        "-p {port} -k {} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=300 \
         -c max_prepared_transactions=10",
        folder.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_first_and_other_names_are_left_out() {
        let names = ["9.6", "15", "common", "17", "9.10"].map(str::to_owned);
        assert_eq!(newest_first(names.into_iter()), ["17", "15", "9.10", "9.6"]);
    }

    #[test]
    fn the_server_listens_at_its_port_on_this_machine_only() {
        let options = options(5499, Path::new("/tmp/h"));
        assert!(options.starts_with("-p 5499 -k /tmp/h -c listen_addresses=127.0.0.1 -c fsync=off "));
    }
}
