//! Following the outbox: every process that has a cache applies what all the others have committed.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::sqlx::Pool;
use hydracache_runtime::HydraCache;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::database::{OutboxDatabase, Row};
use super::reader::{Missed, Reader};
use super::record::is_done;
use super::targets::Targets;
use crate::cache::DbCache;
use crate::error::{Context, DbError, DbErrorKind, Result};
use crate::sqlx::Boxed;

/// How often the outbox is looked at if nothing else is said and nobody tells of new rows.
const POLL: Duration = Duration::from_millis(200);

/// How long the outbox may be out of reach before what is cached is no longer trusted.
const MAX_LAG: Duration = Duration::from_secs(10);

/// How long one pass may take.
const PASS_LIMIT: Duration = Duration::from_secs(10);

/// The least that a pass is given, and that lies between two, whatever lag is allowed.
const SHORTEST_LIMIT: Duration = Duration::from_millis(100);

/// What applies the rows of an outbox to caches of this process.
///
/// It starts where the outbox ends, and drops what was cached before. From then on each row is applied once, in the order in
/// which rows become visible. Rows of this process are passed over, because their commits have invalidated already; but not once a
/// commit of this process has ended without a known outcome.
///
/// The row of a commit names the writer's cache. It is applied to the cache of that name, or, where none of that name follows,
/// to all that do.
///
/// ```
/// use std::time::Duration;
/// use hydracache_db::outbox::{self, OutboxDatabase, OutboxFollower};
/// use hydracache_db::{DbCache, HydraCache};
///
/// # async fn example<DB: OutboxDatabase>(pool: hydracache_db::sqlx::sqlx::Pool<DB>) -> hydracache_db::Result<()> {
/// outbox::migrate(&pool).await?;
/// let users = DbCache::new(HydraCache::local().build(), "users").with_outbox();
/// let follower = OutboxFollower::new(pool.clone()).apply_to(&users).start().await?;
/// // Kept as long as the service runs: dropped, it stops. Now and then:
/// outbox::trim(&pool, Duration::from_secs(3600)).await?;
/// println!("{} rows applied", follower.status().applied);
/// # Ok(())
/// # }
/// ```
///
/// While the outbox cannot be read nothing is learnt from it. After [`max_lag`](Self::max_lag) everything that follows it is
/// dropped, and dropped again with each attempt, until it can be read; then it goes on where it was.
#[must_use = "a follower follows when it is started"]
pub struct OutboxFollower<DB: OutboxDatabase> {
    pool: Pool<DB>,
    targets: Targets,
    poll: Duration,
    max_lag: Duration,
    own_rows_too: bool,
    waker: Option<Waker>,
}

/// Waits until there may be something new; at most as long as it is told.
pub(crate) type Waker = Box<dyn FnMut(Duration) -> Boxed<'static, ()> + Send>;

impl<DB: OutboxDatabase> fmt::Debug for OutboxFollower<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxFollower")
            .field("targets", &self.targets)
            .field("poll", &self.poll)
            .field("max_lag", &self.max_lag)
            .finish_non_exhaustive()
    }
}

/// What a follower has done so far.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct FollowerStatus {
    /// How often the outbox was read.
    pub passes: u64,
    /// How many rows were applied.
    pub applied: u64,
    /// How many rows were of a kind that this version does not know. After each everything is dropped, because it may have
    /// concerned anything; or concerned nothing that follows.
    pub foreign: u64,
    /// How often everything was dropped because rows were trimmed before they were read.
    pub trimmed: u64,
    /// How often the outbox could not be read.
    pub failures: u64,
    /// How often everything was dropped because the outbox was out of reach for too long.
    pub distrusted: u64,
    /// The last thing that went wrong.
    pub last_error: Option<DbError>,
    /// Whether the last pass has read the outbox.
    pub connected: bool,
}

impl<DB: OutboxDatabase> OutboxFollower<DB> {
    /// A follower of the outbox in the database of a pool.
    pub fn new(pool: Pool<DB>) -> Self {
        let targets = Targets::default();
        Self { pool, targets, poll: POLL, max_lag: MAX_LAG, own_rows_too: false, waker: None }
    }

    /// Applies rows to a namespace of results, and those of commits to its cache.
    pub fn apply_to(mut self, db: &DbCache) -> Self {
        self.targets.add(db);
        self
    }

    /// Applies the rows of commits that name this cache, such as those of `#[invalidates(.., at = commit(tx))]`.
    pub fn apply_to_cache(mut self, cache: &HydraCache) -> Self {
        self.targets.add_cache(cache);
        self
    }

    /// Looks at the outbox this often; every 200 milliseconds if it is not said.
    pub fn poll_every(mut self, poll: Duration) -> Self {
        self.poll = poll;
        self
    }

    /// Trusts what is cached about this long while the outbox cannot be read; 10 seconds if it is not said. It is looked at as often
    /// as this, and a pass is given up after it: so what is older than twice this is dropped.
    pub fn max_lag(mut self, limit: Duration) -> Self {
        self.max_lag = limit;
        self
    }

    /// Applies the rows of this process as well, for caches whose writers are not the transactions of
    /// [`DbCache::begin`].
    pub fn own_rows_too(mut self) -> Self {
        self.own_rows_too = true;
        self
    }

    #[cfg(feature = "sqlx-postgres")]
    pub(crate) fn woken_by(mut self, waker: Waker) -> Self {
        self.waker = Some(waker);
        self
    }

    /// Finds the end of the outbox, drops what is cached, and follows from there in a task of its own.
    ///
    /// # Errors
    ///
    /// [`Outbox`](DbErrorKind::Outbox) if it cannot be read now, or if there is nothing that it is to apply rows to.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn start(self) -> Result<FollowerHandle> {
        if self.targets.is_empty() {
            let message = "rows are applied to nothing: say `apply_to(&users)`, or `apply_to_cache(..)` for annotated functions";
            return Err(DbError::new(DbErrorKind::Outbox, Context::of("follow"), message));
        }
        let reader = Reader::at_the_end(&self.pool).await?;
        // What is cached may be older than that; what is loaded from now on is not.
        self.targets.drop_everything(true);
        let shared = Arc::new(Shared::default());
        let (wanted, asked) = watch::channel(0);
        let following = Following { follower: self, reader, shared: Arc::clone(&shared), asked };
        let task = tokio::spawn(following.run());
        Ok(FollowerHandle { shared, wanted, task })
    }
}

/// A follower that runs. Dropped, it stops.
#[derive(Debug)]
#[must_use = "a follower stops when its handle is dropped"]
pub struct FollowerHandle {
    shared: Arc<Shared>,
    /// Which pass somebody waits for.
    wanted: watch::Sender<u64>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    status: Mutex<FollowerStatus>,
    /// How many passes have ended.
    ended: watch::Sender<u64>,
}

impl Shared {
    fn change<R>(&self, change: impl FnOnce(&mut FollowerStatus) -> R) -> R {
        change(&mut self.status.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl FollowerHandle {
    /// What it has done so far.
    pub fn status(&self) -> FollowerStatus {
        self.shared.change(|status| status.clone())
    }

    /// Waits until everything that was committed before this call is applied.
    ///
    /// # Errors
    ///
    /// What keeps the outbox from being read. Trying again is safe.
    ///
    /// # Cancel safety
    ///
    /// Dropping it stops only the waiting.
    pub async fn caught_up(&self) -> Result<()> {
        let mut ended = self.shared.ended.subscribe();
        // A pass that is under way may have begun before the commit; the next one has not.
        let enough = *ended.borrow_and_update() + 2;
        self.wanted.send_modify(|wanted| *wanted = (*wanted).max(enough));
        if ended.wait_for(|ended| *ended >= enough).await.is_err() {
            return Err(stopped());
        }
        self.shared.change(|status| match (&status.last_error, status.connected) {
            (Some(error), false) => Err(error.clone()),
            _ => Ok(()),
        })
    }

    /// Stops following, and waits until the task has ended.
    pub async fn stop(mut self) {
        self.task.abort();
        // That it was stopped is what its end says.
        let _ = (&mut self.task).await;
    }
}

fn stopped() -> DbError {
    DbError::new(DbErrorKind::Outbox, Context::of("follow"), "the follower has stopped")
}

impl Drop for FollowerHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The task of a follower.
struct Following<DB: OutboxDatabase> {
    follower: OutboxFollower<DB>,
    reader: Reader,
    shared: Arc<Shared>,
    asked: watch::Receiver<u64>,
}

impl<DB: OutboxDatabase> Following<DB> {
    async fn run(mut self) {
        let mut last_success = Instant::now();
        loop {
            // What is not read in time is read again: the reader goes on only when it has all of it.
            let limit = PASS_LIMIT.min(self.follower.max_lag.max(SHORTEST_LIMIT));
            let began = Instant::now();
            let pass = tokio::time::timeout(limit, self.reader.pass(&self.follower.pool)).await;
            match pass.unwrap_or_else(|_| Err(too_slow(limit))) {
                Ok(pass) => {
                    last_success = began;
                    if let Some(missed) = pass.missed {
                        self.miss(missed);
                    }
                    pass.rows.iter().for_each(|row| self.apply(row));
                    self.shared.change(|status| status.connected = true);
                }
                Err(error) => self.fail(error, last_success.elapsed()),
            }
            let ended = self.shared.change(|status| {
                status.passes += 1;
                status.passes
            });
            self.shared.ended.send_replace(ended);
            if !self.wait(ended).await {
                return;
            }
        }
    }

    /// Waits for the next pass; false when nobody holds the handle any more.
    async fn wait(&mut self, ended: u64) -> bool {
        if *self.asked.borrow_and_update() > ended {
            return true;
        }
        let poll = self.follower.poll.min(self.follower.max_lag.max(SHORTEST_LIMIT));
        let waiting = match &mut self.follower.waker {
            None => Box::pin(tokio::time::sleep(poll)),
            Some(waker) => waker(poll),
        };
        tokio::select! {
            () = waiting => true,
            asked = self.asked.changed() => asked.is_ok(),
        }
    }

    fn apply(&self, row: &Row) {
        let Row { id, origin: by, record, .. } = row;
        let by = by.as_deref().unwrap_or("a trigger");
        if is_done(by) && !self.follower.own_rows_too {
            return;
        }
        match record {
            Ok(record) => {
                let concerned = self.follower.targets.apply(record, by);
                self.shared.change(|status| {
                    status.applied += u64::from(concerned);
                    status.foreign += u64::from(!concerned);
                });
            }
            Err(kind) => {
                self.follower.targets.drop_everything(true);
                let message = format!(
                    "row {id} of the outbox is of the kind `{kind}`, which this version does not know; everything that follows \
                     the outbox was dropped"
                );
                let error = DbError::new(DbErrorKind::ForeignRow, Context::of("follow"), message);
                tracing::warn!(%error, "the outbox holds a row that is none of ours");
                self.shared.change(|status| {
                    status.foreign += 1;
                    status.last_error = Some(error);
                });
            }
        }
    }

    fn miss(&self, missed: Missed) {
        self.follower.targets.drop_everything(missed == Missed::Caches);
        let message = "rows of the outbox were trimmed before they were read here; what they could have concerned was dropped";
        let error = DbError::new(DbErrorKind::Trimmed, Context::of("follow"), message);
        tracing::warn!(%error, "the outbox is kept for too short a time");
        self.shared.change(|status| {
            status.trimmed += 1;
            status.last_error = Some(error);
        });
    }

    fn fail(&self, error: DbError, since: Duration) {
        tracing::warn!(%error, "the outbox cannot be read; trying again");
        let distrusted = since >= self.follower.max_lag;
        if distrusted {
            self.follower.targets.drop_everything(true);
        }
        self.shared.change(|status| {
            status.failures += 1;
            status.distrusted += u64::from(distrusted);
            status.connected = false;
            status.last_error = Some(error);
        });
    }
}

fn too_slow(limit: Duration) -> DbError {
    let message = format!("reading the outbox took longer than {limit:?}");
    DbError::new(DbErrorKind::Outbox, Context::of("read_outbox"), message)
}
