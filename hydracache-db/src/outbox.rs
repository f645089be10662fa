//! The outbox: what commits make invalid, written beside the data.
//!
//! # Why
//!
//! Between a commit and the invalidation that follows it a process can die, and other processes have caches too. A row that
//! is written in the same transaction as the data is there exactly if the data is. Whoever reads the table afterwards learns
//! of every commit, whatever became of the process that made it.

mod dialect;
mod record;

pub use dialect::Dialect;
pub use record::{OutboxKind, OutboxRecord};
