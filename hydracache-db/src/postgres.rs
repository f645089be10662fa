//! PostgreSQL: learning of every change of a table, whoever makes it.
//!
//! # Why
//!
//! A migration, a colleague with `psql`, or a service in another language changes rows and knows nothing of caches. The database
//! itself can tell: triggers write what has changed into the outbox, in the writer's own transaction, and notify those who
//! listen when that commits. Nothing is told of what was rolled back, and nothing that was committed is lost: what a listener
//! did not hear, because its connection was cut, it reads from the table afterwards. What fires no trigger is not told; see
//! [`Triggers`].
//!
//! ```
//! use hydracache_db::{CacheEntity, postgres};
//!
//! struct User;
//!
//! impl CacheEntity for User {
//!     type Id = i64;
//!     const ENTITY: &'static str = "user";
//!     const COLLECTION: Option<&'static str> = Some("users");
//!     const TABLE: Option<&'static str> = Some("app_users");
//!     const ID_COLUMN: Option<&'static str> = Some("user_id");
//! }
//!
//! # fn example() -> hydracache_db::Result<()> {
//! // To be run once, as a migration.
//! println!("{}", postgres::triggers::<User>()?);
//! # Ok(())
//! # }
//! # example().unwrap();
//! ```

#[cfg(feature = "sqlx-postgres")]
mod feed;
mod triggers;

#[cfg(feature = "sqlx-postgres")]
pub use feed::{change_feed, install_triggers};
pub use triggers::{Triggers, triggers};
