//! The relay: from the outbox to the bus of a cache.

use std::time::Duration;

use ::sqlx::Pool;
use hydracache_runtime::{ErrorKind, HydraCache};

use super::database::{OutboxDatabase, failed, rows, trim_where};
use super::targets::Targets;
use crate::cache::DbCache;
use crate::error::{Context, DbError, Result};

/// How many rows are read at once.
const PAGE: i64 = 100;

/// How long published rows are kept if nothing else is said: long enough for followers.
const KEEP: Duration = Duration::from_secs(3600);

/// What publishes the rows of an outbox on the buses of caches, in their order, at least once, and trims those that are
/// published.
///
/// A row is noted as published when every bus has confirmed it. A process that dies in between leaves it to the next relay,
/// which publishes it again: to invalidate twice does no harm. Several relays of one bus do no harm either. An outbox has one bus: what a
/// relay has published is published for all, so services with buses of their own follow the outbox themselves.
///
/// Where processes share no bus, each follows the outbox itself: [`OutboxFollower`](super::OutboxFollower).
#[derive(Debug)]
#[must_use = "a relay publishes when it is run"]
pub struct OutboxRelay<DB: OutboxDatabase> {
    pool: Pool<DB>,
    targets: Targets,
    keep: Duration,
}

/// What one run of a relay has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Relayed {
    /// How many rows were published.
    pub published: u64,
    /// How many rows were left, because they are of other caches or of a kind that this version does not know.
    pub left: u64,
    /// How many rows were trimmed.
    pub trimmed: u64,
}

impl<DB: OutboxDatabase> OutboxRelay<DB> {
    /// A relay of the outbox in the database of a pool.
    pub fn new(pool: Pool<DB>) -> Self {
        Self { pool, targets: Targets::default(), keep: KEEP }
    }

    /// Publishes what concerns a namespace of results, and the rows of commits that name its cache.
    pub fn publish_for(mut self, db: &DbCache) -> Self {
        self.targets.add(db);
        self
    }

    /// Publishes the rows of commits that name this cache.
    pub fn publish_for_cache(mut self, cache: &HydraCache) -> Self {
        self.targets.add_cache(cache);
        self
    }

    /// Keeps published rows this long, by the clock of the server; one hour if it is not said.
    pub fn keep(mut self, keep: Duration) -> Self {
        self.keep = keep;
        self
    }

    /// Publishes everything that is not published, and trims.
    ///
    /// # Errors
    ///
    /// [`Outbox`](crate::DbErrorKind::Outbox) if the table cannot be read or written; [`Cache`](crate::DbErrorKind::Cache) if a
    /// bus did not confirm. What was published before stays noted; calling again goes on.
    ///
    /// # Cancel safety
    ///
    /// A row whose publication was not noted yet is published again by the next run.
    pub async fn run_once(&self) -> Result<Relayed> {
        let (mut relayed, mut after) = (Relayed::default(), 0);
        loop {
            let page = rows(&self.pool, DB::DIALECT.unpublished(), vec![after, PAGE]).await?;
            let Some(last) = page.last().map(|row| row.id) else { break };
            for row in &page {
                let published =
                    row.record.as_ref().map_or_else(|_| Vec::new(), |record| self.targets.publish(record));
                if published.is_empty() {
                    relayed.left += 1;
                    continue;
                }
                for applied in published {
                    if let Err(error) = applied.await {
                        // No entry anywhere can have such a key or tag.
                        if !matches!(error.kind(), ErrorKind::KeyTooLong | ErrorKind::TagTooLong) {
                            return Err(DbError::of_cache(Context::of("relay"), error));
                        }
                    }
                }
                let noted = DB::execute(&self.pool, &[DB::DIALECT.publish()], &[row.id]).await;
                noted.map_err(|error| failed("relay", error))?;
                relayed.published += 1;
            }
            after = last;
        }
        relayed.trimmed = trim_where(&self.pool, self.keep, false).await?;
        Ok(relayed)
    }

    /// Does that for ever, this often. What goes wrong is logged and tried again.
    ///
    /// # Cancel safety
    ///
    /// As [`run_once`](Self::run_once).
    pub async fn run(&self, every: Duration) {
        loop {
            if let Err(error) = self.run_once().await {
                tracing::warn!(%error, "the relay of the outbox cannot go on; trying again");
            }
            tokio::time::sleep(every).await;
        }
    }
}
