//! One MariaDB server.

use std::fs::File;
use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::folder::Folder;
use super::{port, program, user};

/// The user who runs the server when we are root, where there is one.
const USER: &str = "mysql";

/// The file with what the server does first.
const FIRST_WORDS: &str = "first.sql";

/// How long a server may take until it takes connections.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(50);

/// Stops the server when it is dropped: first the process, then its folder.
pub(super) struct MariaDb {
    _process: Process,
    _folder: Folder,
}

impl MariaDb {
    /// Starts a server at a free port. Answers it with its URL once it takes connections.
    pub(super) fn start() -> anyhow::Result<(Self, String)> {
        let programs = Programs::find().context("its programs were not found")?;
        let user = user::is_root().then(|| if user::exists(USER) { USER } else { "root" });
        let folder = Folder::owned_by(user)?;
        // Read by the server at its start, with every right.
        folder.write(FIRST_WORDS, "CREATE DATABASE IF NOT EXISTS test;\n")?;

        let mut command = program::command(&programs.install, folder.path());
        program::run(command.args(install_arguments(folder.path(), user)))?;
        let (process, port) = port::on_free_one(|port| {
            let process = listen(&programs.server, &folder, user, port)?;
            Ok((process, port))
        })?;
        let url = format!("mysql://root@127.0.0.1:{port}/test");
        Ok((Self { _process: process, _folder: folder }, url))
    }
}

/// Starts the server at this port, and waits for it.
fn listen(server: &Path, folder: &Folder, user: Option<&str>, port: u16) -> anyhow::Result<Process> {
    let path = folder.log(port);
    let log = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut command = program::command(server, folder.path());
    command.args(server_arguments(folder.path(), user, port));
    command.stdout(log.try_clone()?).stderr(log);
    let child = command.spawn().with_context(|| format!("cannot start {}", server.display()))?;

    let mut process = Process(child);
    let started = Instant::now();
    loop {
        if let Some(status) = process.0.try_wait()? {
            bail!("it ended with {status}; {}", folder.end_of_log(port));
        }
        if greets(port) {
            return Ok(process);
        }
        if started.elapsed() > PATIENCE {
            let patience = PATIENCE.as_secs();
            bail!("it takes no connections after {patience} s; {}", folder.end_of_log(port));
        }
        thread::sleep(PAUSE);
    }
}

/// Whether a server takes a connection at this port and says who it is.
fn greets(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut begin = [0; 5];
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok_and(|mut stream| {
        stream.set_read_timeout(Some(Duration::from_secs(1))).is_ok()
            && stream.read_exact(&mut begin).is_ok()
            && is_greeting(begin)
    })
}

/// Whether a first packet is a greeting: four bytes of header, then the version of the protocol. An error has 255
/// there.
fn is_greeting(begin: [u8; 5]) -> bool {
    begin[4] == 10
}

/// A process that is killed when it is dropped: nothing of its data is needed any more.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only for a process that has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where the programs are.
struct Programs {
    server: PathBuf,
    install: PathBuf,
}

impl Programs {
    fn find() -> Option<Self> {
        Some(Self {
            server: first_of(&["mariadbd", "mysqld"])?,
            install: first_of(&["mariadb-install-db", "mysql_install_db"])?,
        })
    }
}

/// The first of these programs that is there: on the path, or in the folders of servers, which a path often leaves out.
fn first_of(names: &[&str]) -> Option<PathBuf> {
    let elsewhere = ["/usr/sbin", "/usr/local/sbin", "/usr/libexec"].map(PathBuf::from);
    names.iter().find_map(|name| {
        let folders = program::path_folders().into_iter().chain(elsewhere.clone()).collect();
        Some(program::folder_with(&[name], folders)?.join(name))
    })
}

/// Whether the programs are there.
pub(super) fn is_installed() -> bool {
    Programs::find().is_some()
}

/// What the program that makes the system's tables is told: root needs no password, and is not looked up by name.
fn install_arguments(folder: &Path, user: Option<&str>) -> Vec<String> {
    let mut arguments = common_arguments(folder, user);
    arguments.extend(["--auth-root-authentication-method=normal", "--skip-test-db"].map(str::to_owned));
    arguments
}

/// What the server is told.
fn server_arguments(folder: &Path, user: Option<&str>, port: u16) -> Vec<String> {
    let inside = |name: &str| folder.join(name).display().to_string();
    let mut arguments = common_arguments(folder, user);
    arguments.extend([
        format!("--port={port}"),
        format!("--socket={}", inside("s")),
        format!("--pid-file={}", inside("pid")),
        format!("--init-file={}", inside(FIRST_WORDS)),
    ]);
    let fixed = [
        "--bind-address=127.0.0.1",
        "--skip-networking=0",
        "--character-set-server=utf8mb4",
        "--innodb-flush-log-at-trx-commit=0",
        "--max-connections=300",
    ];
    arguments.extend(fixed.map(str::to_owned));
    arguments
}

/// What both are told. The first one must be the first.
fn common_arguments(folder: &Path, user: Option<&str>) -> Vec<String> {
    let mut arguments = vec![
        "--no-defaults".to_owned(),
        format!("--datadir={}", folder.join("data").display()),
        "--skip-name-resolve".to_owned(),
    ];
    arguments.extend(user.map(|user| format!("--user={user}")));
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_from_the_settings_of_the_system() {
        let folder = Path::new("/tmp/h");
        for arguments in [install_arguments(folder, None), server_arguments(folder, Some("mysql"), 1)] {
            assert_eq!(arguments[..2], ["--no-defaults", "--datadir=/tmp/h/data"]);
        }
    }

    #[test]
    fn a_user_is_named_only_by_root() {
        let named =
            |user| server_arguments(Path::new("/tmp/h"), user, 3399).contains(&"--user=mysql".to_owned());
        assert!(named(Some("mysql")));
        assert!(!named(None));
    }

    #[test]
    fn a_greeting_is_told_from_an_error() {
        assert!(is_greeting([92, 0, 0, 0, 10]));
        assert!(!is_greeting([70, 0, 0, 0, 255]));
    }
}
