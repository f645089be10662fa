//! SeaORM on SQLite.
#![cfg(feature = "sea-orm-sqlite")]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod sea_orm_suite;
mod servers;

use sea_orm_suite::{Place, tests_on};

async fn place() -> Option<Place> {
    let (address, folder) = servers::sqlite();
    let place = Place::at(address).await;
    // So that others read while a transaction writes.
    place.run("pragma journal_mode = wal").await;
    Some(Place { folder: Some(folder), ..place })
}

tests_on!(place());
tests_on!(place(); a_commit_that_is_refused_invalidates_nothing);
