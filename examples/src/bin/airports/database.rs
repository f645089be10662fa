//! Opens the embedded SQLite database, and loads the airports into it the first time.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqlitePool};
use tempfile::TempDir;

use crate::load::{self, LOADED};
use crate::source::{self, BadLine};

/// Each connection is a thread of its own. While one hands its rows to the caller another one searches,
/// so that a few more of them than cores keep the cores busy; beyond this number nothing was gained.
const CONNECTIONS: u32 = 8;

/// More than the whole database, so that reads go to the mapped file without a copy.
const MAPPED_BYTES: &str = "67108864";

/// A database with the airports in it.
#[derive(Debug)]
pub(crate) struct Database {
    pool: SqlitePool,
    /// Removes the temporary file when it is dropped.
    directory: Option<TempDir>,
}

impl Database {
    /// Opens the database at `path`, or one in a temporary folder that goes when it is closed.
    pub(crate) async fn open(path: Option<&Path>) -> Result<Self, OpenError> {
        let (path, directory) = if let Some(path) = path {
            (path.to_owned(), None)
        } else {
            let directory = tempfile::tempdir().map_err(OpenError::Temporary)?;
            (directory.path().join("airports.db"), Some(directory))
        };
        let failed = |source| OpenError::Sql { path: path.clone(), source };
        let pool = connect(&path).await.map_err(failed)?;
        let version: i32 =
            sqlx::query_scalar("PRAGMA user_version").fetch_one(&pool).await.map_err(failed)?;
        if version != LOADED {
            let airports = source::read(source::AIRPORTS_CSV).map_err(OpenError::Data)?;
            load::load(&pool, &airports).await.map_err(failed)?;
        }
        Ok(Self { pool, directory })
    }

    pub(crate) fn pool(&self) -> SqlitePool {
        self.pool.clone()
    }

    /// Waits for the connections to end before the file goes: some systems refuse to remove an open one.
    pub(crate) async fn close(self) {
        self.pool.close().await;
        if let Some(Err(error)) = self.directory.map(TempDir::close) {
            eprintln!("airports: the temporary database was left behind: {error}");
        }
    }
}

/// A pool made for many short reads and a rare write, which then does not stop the reads.
async fn connect(path: &Path) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .pragma("mmap_size", MAPPED_BYTES)
        .pragma("temp_store", "memory")
        // Nobody listens to the log, and writing a record for every query has a cost.
        .disable_statement_logging();
    SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        // A connection to a file in this process does not go stale: no ping, no replacement.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
}

/// Why there is no database.
#[derive(Debug)]
pub(crate) enum OpenError {
    Temporary(std::io::Error),
    Data(BadLine),
    Sql { path: PathBuf, source: sqlx::Error },
}

impl Display for OpenError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Temporary(error) => write!(formatter, "cannot create a temporary folder: {error}"),
            Self::Data(error) => write!(formatter, "cannot load the airports: {error}"),
            Self::Sql { path, source } => {
                write!(formatter, "cannot open the database {}: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Temporary(error) => Some(error),
            Self::Data(error) => Some(error),
            Self::Sql { source, .. } => Some(source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn count(database: &Database) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM airports JOIN positions USING (id)")
            .fetch_one(&database.pool())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_file_is_loaded_once_and_then_reused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kept.db");
        for _ in 0..2 {
            let database = Database::open(Some(&path)).await.unwrap();
            assert_eq!(count(&database).await, 28_298);
            database.close().await;
        }
    }

    #[tokio::test]
    async fn a_path_that_cannot_be_opened_is_named() {
        let error = Database::open(Some(Path::new("no/such/folder/airports.db"))).await.unwrap_err();
        assert!(error.to_string().contains("no/such/folder/airports.db"), "{error}");
    }
}
