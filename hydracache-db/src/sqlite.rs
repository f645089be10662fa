//! SQLite: learning of every change that the connections of this process make.
//!
//! # Why
//!
//! A program that writes through sqlx without saying what it invalidates, or a library that it uses, changes rows all the
//! same. SQLite tells a connection of each row that it changes (the update hook) and of each commit (the commit hook). A
//! [`SqliteFeed`] attaches these hooks to the connections of a pool and invalidates what they tell.
//!
//! SQLite calls the hook just before a commit can be seen by others. So what is changed is invalidated then, which covers
//! everything that was cached, and once more when the commit has surely ended, which covers what was loaded in between. The
//! second time follows a moment after the writer's own call has returned; [`SqliteFeed::caught_up`] waits for it. Where that
//! moment matters, use [`DbCache::begin`](crate::DbCache::begin), which knows.
//!
//! What SQLite does not tell: changes by other processes and by connections without the hooks; rows that `replace` removes
//! because of another unique column; rows of a table `without rowid`. A `delete` without `where` tells rows only on a connection to
//! which the feed was attached when the table was there, because SQLite deletes row by row only where a trigger watches: a
//! temporary one that does nothing. On others a commit of which nothing at all was told drops everything that follows the feed.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::sqlx::sqlite::SqliteConnectOptions;
use ::sqlx::{AssertSqlSafe, ConnectOptions as _, SqliteConnection};
use hydracache_runtime::{CacheEntity, CacheKeyBuilder};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::cache::DbCache;
use crate::error::{Context, DbError, DbErrorKind, Result};
use crate::naming::list_tag;

/// How long to wait before asking again whether a commit has ended, where SQLite's own waiting has not helped.
const RETRY: Duration = Duration::from_millis(20);

/// What is to be watched.
#[derive(Debug, Clone, Default)]
#[must_use = "nothing is watched until it is started"]
pub struct SqliteFeedBuilder {
    tables: Vec<Table>,
}

/// A table, and what its rows are in a cache.
#[derive(Debug, Clone)]
struct Table {
    name: &'static str,
    entity: String,
    lists: Option<String>,
    db: DbCache,
}

impl Table {
    /// Invalidates one row.
    fn row(&self, rowid: i64) {
        let tag = format!("{}:{rowid}", self.entity);
        let lists = self.lists.iter().cloned();
        self.db.invalidate_tags(std::iter::once(tag).chain(lists)).fire();
    }
}

impl SqliteFeedBuilder {
    /// Watches the table of an entity whose id is the table's `integer primary key`.
    ///
    /// # Errors
    ///
    /// [`NoTable`](DbErrorKind::NoTable) if the entity does not say its table.
    pub fn rows_of<E: CacheEntity>(mut self, db: &DbCache) -> Result<Self> {
        let Some(name) = E::TABLE else {
            let context = Context { entity: Some(E::ENTITY.to_owned()), ..Context::of("rows_of") };
            let message = "the entity does not say its table: add `#[hydracache(table = \"users\")]`";
            return Err(DbError::new(DbErrorKind::NoTable, context, message));
        };
        let entity = CacheKeyBuilder::new().segment(E::ENTITY).build_string();
        let lists = E::collection_tag().map(|collection| list_tag(&collection).to_string());
        self.tables.push(Table { name, entity, lists, db: db.clone() });
        Ok(self)
    }

    /// Opens a connection of its own to the database that `options` name, by which it learns when commits have ended, and
    /// begins. Then [`attach`](SqliteFeed::attach) it to the connections that write.
    ///
    /// A database in memory belongs to a single connection, so no commit of it is seen by anybody else before it has ended;
    /// the second connection is then to a database of its own, and does no harm.
    ///
    /// # Errors
    ///
    /// [`Connection`](DbErrorKind::Connection) if that connection cannot be made.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn start(self, options: &SqliteConnectOptions) -> Result<SqliteFeed> {
        let connection = options.connect().await;
        let connection = connection
            .map_err(|error| DbError::caused_by(DbErrorKind::Connection, Context::of("watch"), error))?;
        let (commits, ended) = mpsc::unbounded_channel();
        let (done, finished) = watch::channel(0);
        let shared = Arc::new(Shared { tables: self.tables, commits, sent: AtomicU64::new(0) });
        let task = tokio::spawn(settle(connection, Arc::clone(&shared), ended, done));
        Ok(SqliteFeed { shared, finished, task: Arc::new(Stops(task)) })
    }
}

/// What invalidates what the connections of this process change. Cloning gives another handle; the last one that is dropped
/// stops the second invalidations.
#[derive(Clone)]
pub struct SqliteFeed {
    shared: Arc<Shared>,
    finished: watch::Receiver<u64>,
    #[allow(dead_code, reason = "it acts when it is dropped")]
    task: Arc<Stops>,
}

impl fmt::Debug for SqliteFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteFeed").field("tables", &self.shared.tables).finish_non_exhaustive()
    }
}

/// A task that ends with its last holder.
struct Stops(JoinHandle<()>);

impl Drop for Stops {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Shared {
    tables: Vec<Table>,
    commits: mpsc::UnboundedSender<Changes>,
    sent: AtomicU64,
}

/// What one transaction has changed: tables by their places, and rows.
type Changes = BTreeSet<(usize, i64)>;

impl Shared {
    /// Invalidates what a transaction has changed; everything if nothing was told.
    fn invalidate(&self, changes: &Changes) {
        if changes.is_empty() {
            self.tables.iter().for_each(|table| table.db.clear().fire());
        }
        for (table, row) in changes {
            self.tables[*table].row(*row);
        }
    }
}

impl SqliteFeed {
    /// What is to be watched: nothing yet.
    pub fn builder() -> SqliteFeedBuilder {
        SqliteFeedBuilder::default()
    }

    /// Attaches the hooks to a connection, in the place of hooks of the same kind that it has. To be called for each
    /// connection of a pool, in `SqlitePoolOptions::after_connect`.
    ///
    /// # Errors
    ///
    /// Those of sqlx.
    pub async fn attach(&self, connection: &mut SqliteConnection) -> ::sqlx::Result<()> {
        for (at, table) in self.shared.tables.iter().enumerate() {
            // With a trigger on the table SQLite deletes row by row, and tells each; it may not be there yet.
            let name = table.name.replace('"', "\"\"");
            let trigger = format!(
                "create temp trigger if not exists hydracache_watches_{at} after delete on \"{name}\" begin select 1; end"
            );
            if let Err(error) = ::sqlx::raw_sql(AssertSqlSafe(trigger)).execute(&mut *connection).await {
                tracing::debug!(%error, table = table.name, "a `delete` without `where` on this connection tells no rows");
            }
        }
        let mut handle = connection.lock_handle().await?;
        let changes = Arc::new(Mutex::new((Changes::new(), false)));
        let (shared, noted) = (Arc::clone(&self.shared), Arc::clone(&changes));
        handle.set_update_hook(move |update| {
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            noted.1 = true;
            let mut tables = shared.tables.iter().enumerate();
            let table = tables.find(|(_, table)| table.name.eq_ignore_ascii_case(update.table));
            if let Some((at, _)) = table {
                noted.0.insert((at, update.rowid));
            }
        });
        let (shared, noted) = (Arc::clone(&self.shared), Arc::clone(&changes));
        handle.set_commit_hook(move || {
            let (changes, told) = std::mem::take(&mut *noted.lock().unwrap_or_else(PoisonError::into_inner));
            // Rows of other tables alone are no concern of anybody.
            if !(told && changes.is_empty()) {
                shared.invalidate(&changes);
                shared.sent.fetch_add(1, Ordering::SeqCst);
                // Without a task nobody is there to be told twice.
                let _ = shared.commits.send(changes);
            }
            true
        });
        handle.set_rollback_hook(move || {
            *changes.lock().unwrap_or_else(PoisonError::into_inner) = Default::default();
        });
        Ok(())
    }

    /// Waits until everything that was committed before this call has been invalidated for good.
    ///
    /// # Errors
    ///
    /// [`Connection`](DbErrorKind::Connection) if the task that does it has ended.
    ///
    /// # Cancel safety
    ///
    /// Dropping it stops only the waiting.
    pub async fn caught_up(&self) -> Result<()> {
        let sent = self.shared.sent.load(Ordering::SeqCst);
        let mut finished = self.finished.clone();
        finished.wait_for(|finished| *finished >= sent).await.map(drop).map_err(|_| {
            DbError::new(
                DbErrorKind::Connection,
                Context::of("watch"),
                "the connection that watches has ended",
            )
        })
    }
}

/// Whether somebody else holds the lock: `SQLITE_BUSY` or `SQLITE_LOCKED`, extended codes included.
fn is_busy(error: &dyn ::sqlx::error::DatabaseError) -> bool {
    let code = error.code().and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

/// Invalidates once more what commits have changed, when they have ended.
async fn settle(
    mut connection: SqliteConnection,
    shared: Arc<Shared>,
    mut commits: mpsc::UnboundedReceiver<Changes>,
    done: watch::Sender<u64>,
) {
    let mut settled = Vec::new();
    while commits.recv_many(&mut settled, 1000).await > 0 {
        // The writer holds the lock until its commit has ended.
        let lock = async {
            loop {
                match ::sqlx::raw_sql("begin immediate; rollback").execute(&mut connection).await {
                    Ok(_) => break,
                    // The writer takes its time.
                    Err(::sqlx::Error::Database(error)) if is_busy(&*error) => {
                        tokio::time::sleep(RETRY).await;
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the end of a commit of SQLite is not known; everything that follows it is dropped");
                        shared.invalidate(&Changes::new());
                        break;
                    }
                }
            }
        };
        lock.await;
        for changes in &settled {
            shared.invalidate(changes);
        }
        let count = settled.len() as u64;
        settled.clear();
        done.send_modify(|done| *done += count);
    }
}
