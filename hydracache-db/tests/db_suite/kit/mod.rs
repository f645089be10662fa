//! What every behaviour is played with: a fresh database, an adapter, a cache, and a race that looks for stale reads.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

pub(crate) mod adapter;
pub(crate) mod database;
#[cfg(feature = "diesel")]
pub(crate) mod diesel_user;
#[cfg(all(feature = "diesel-r2d2", feature = "diesel-sqlite", feature = "diesel-postgres"))]
pub(crate) mod on_diesel;
#[cfg(all(
    feature = "diesel-async-deadpool",
    feature = "diesel-async-postgres",
    feature = "diesel-async-mysql"
))]
pub(crate) mod on_diesel_async;
#[cfg(feature = "sea-orm")]
pub(crate) mod on_sea_orm;
pub(crate) mod on_sqlx;
pub(crate) mod race;
#[path = "../../servers/mod.rs"]
mod servers;
pub(crate) mod suite;
pub(crate) mod user;

use std::time::Duration;

pub(crate) use adapter::{Adapter, BoxError, End, Inside, Write};
pub(crate) use suite::Suite;

/// Waits for what must come to be. The limit is no part of any behaviour: it turns a hang into a failure that says so.
pub(crate) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let holding = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    within(what, holding).await;
}

/// Runs what must end.
pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    let ended = tokio::time::timeout(Duration::from_secs(60), future).await;
    ended.unwrap_or_else(|_| panic!("hangs: {what}"))
}
