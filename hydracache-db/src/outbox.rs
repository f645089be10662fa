//! The outbox: what commits make invalid, written beside the data.
//!
//! # Why
//!
//! Between a commit and the invalidation that follows it a process can die, and other processes have caches too. A row that
//! is written in the same transaction as the data is there exactly if the data is. Whoever reads the table afterwards learns
//! of every commit, whatever became of the process that made it.
//!
//! # How
//!
//! ```
//! # #[cfg(feature = "sqlx-postgres")]
//! # mod example {
//! use std::time::Duration;
//! use hydracache_db::outbox::{self, OutboxFollower};
//! use hydracache_db::sqlx::{DbCache, HydraCache, sqlx};
//!
//! # async fn example(pool: sqlx::PgPool) -> hydracache_db::Result<()> {
//! // Once; or the statements of `Dialect::migrations` among your own.
//! outbox::migrate(&pool).await?;
//!
//! // Whoever writes: its transactions write the outbox as well.
//! let users = DbCache::new(HydraCache::local().build(), "users").with_outbox();
//!
//! // Every process that caches. Kept as long as it runs: dropped, it stops.
//! let follower = OutboxFollower::new(pool.clone()).apply_to(&users).start().await?;
//!
//! // Somebody, now and then; the table grows otherwise.
//! outbox::trim(&pool, Duration::from_secs(3600)).await?;
//! # drop(follower);
//! # Ok(())
//! # }
//! # }
//! ```
//!
//! Transactions of every driver write the outbox; whoever reads it does so with sqlx, behind the feature of the database.
//!
//! What annotated functions cache is followed by `apply_to_cache`, with the cache that they use. Rows of a process itself are passed
//! over by its followers; in a test that plays two processes in one say `own_rows_too()`. PostgreSQL tells its followers
//! of new rows: the module [`postgres`](crate::postgres). Processes that share an invalidation bus need one `OutboxRelay` instead of
//! a follower each.

#[cfg(feature = "sqlx")]
mod database;
#[cfg_attr(not(feature = "sqlx"), allow(dead_code, reason = "what writes the outbox does not read it"))]
mod dialect;
#[cfg(feature = "sqlx")]
mod follower;
#[cfg(feature = "sqlx")]
mod reader;
#[cfg_attr(not(feature = "sqlx"), allow(dead_code, reason = "what writes the outbox does not read it"))]
mod record;
#[cfg(feature = "sqlx")]
mod relay;
#[cfg(feature = "sqlx")]
mod targets;

#[cfg(feature = "sqlx")]
pub use database::{OutboxDatabase, migrate, trim};
pub use dialect::Dialect;
#[cfg(feature = "sqlx")]
pub use follower::{FollowerHandle, FollowerStatus, OutboxFollower};
pub(crate) use record::note_doubt;
pub use record::{OutboxKind, OutboxRecord};
#[cfg(feature = "sqlx")]
pub use relay::{OutboxRelay, Relayed};
