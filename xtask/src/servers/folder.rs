//! The temporary folder in which one server has everything: its data, its socket and its logs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use tempfile::TempDir;

use super::program;

/// How long the path of temporary folders may be. A socket's path has about 107 bytes, and on some systems 103; the
/// name of our folder and that of the socket in it take some forty.
const LONGEST: usize = 60;

/// Where temporary files of everybody belong.
const COMMON: &str = "/tmp";

/// How many lines of a log an error shows.
const TAIL: usize = 20;

/// A folder that is removed when it is dropped.
pub(super) struct Folder {
    folder: TempDir,
    /// To whom it belongs, unless to us.
    user: Option<&'static str>,
}

impl Folder {
    /// Makes a folder that nobody else can look into, and gives it to the user who runs the server.
    pub(super) fn owned_by(user: Option<&'static str>) -> anyhow::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("hydracache-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder =
            builder.tempdir_in(base(std::env::temp_dir(), user)).context("cannot make a temporary folder")?;
        let folder = Self { folder, user };
        folder.hand_over(folder.path())?;
        Ok(folder)
    }

    /// Writes a file that the server can read, and answers where it is.
    pub(super) fn write(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        self.hand_over(&path)?;
        Ok(path)
    }

    /// Gives what we made to the one who runs the server.
    fn hand_over(&self, path: &Path) -> anyhow::Result<()> {
        match self.user {
            Some(user) => program::run(Command::new("chown").arg(user).arg(path)),
            None => Ok(()),
        }
    }

    /// Where the folder is.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where something in the folder is.
    pub(super) fn join(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where a server that listens at this port writes its log: each attempt has its own.
    pub(super) fn log(&self, port: u16) -> PathBuf {
        self.join(&format!("{port}.log"))
    }

    /// The end of that log, for an error.
    pub(super) fn end_of_log(&self, port: u16) -> String {
        match std::fs::read(self.log(port)) {
            Ok(log) => format!("the end of its log:\n{}", tail(&String::from_utf8_lossy(&log))),
            Err(error) => format!("its log cannot be read: {error}"),
        }
    }
}

/// Where the folder is made: where our temporary files belong, unless another user must get there, a socket's path
/// would become too long there, or a shell would read the path otherwise than it is meant.
fn base(own: PathBuf, user: Option<&str>) -> PathBuf {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    let bytes = own.as_os_str().as_encoded_bytes();
    let fits = bytes.len() <= LONGEST && bytes.iter().all(is_plain);
    if user.is_none() && fits { own } else { PathBuf::from(COMMON) }
}

/// The last lines of a text.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_an_odd_and_a_private_place_are_not_used() {
        let chosen = |path: &str, user| base(PathBuf::from(path), user).to_string_lossy().into_owned();
        assert_eq!(chosen("/var/tmp", None), "/var/tmp");
        assert_eq!(chosen("/var/tmp", Some("postgres")), COMMON);
        assert_eq!(chosen(&format!("/{}", "a".repeat(LONGEST)), None), COMMON);
        assert_eq!(chosen("/it's mine", None), COMMON);
    }

    #[test]
    fn an_error_shows_the_last_lines_only() {
        assert_eq!(tail("one\ntwo\n"), "one\ntwo");
        let many: Vec<String> = (0..50).map(|line| line.to_string()).collect();
        assert_eq!(tail(&many.join("\n")), many[30..].join("\n"));
    }

    #[test]
    fn the_folder_goes_with_its_value() {
        let folder = Folder::owned_by(None).unwrap();
        assert_eq!(folder.write("5432.log", "started\nready").unwrap(), folder.log(5432));
        assert!(folder.end_of_log(5432).ends_with("started\nready"));
        let path = folder.path().to_path_buf();
        drop(folder);
        assert!(!path.exists());
    }
}
