//! The outbox: what commits make invalid, written beside the data.
//!
//! # Why
//!
//! Between a commit and the invalidation that follows it a process can die, and other processes have caches too. A row that
//! is written in the same transaction as the data is there exactly if the data is. Whoever reads the table afterwards learns
//! of every commit, whatever became of the process that made it.

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
