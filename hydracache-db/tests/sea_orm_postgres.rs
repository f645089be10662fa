//! SeaORM on PostgreSQL.
#![cfg(feature = "sea-orm-postgres")]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod sea_orm_suite;
mod servers;

use sea_orm_suite::{Killing, Place, tests_on};

async fn place() -> Option<Place> {
    Some(Place::at(servers::postgres().await?).await)
}

tests_on!(place());
tests_on!(place(); a_commit_that_is_refused_invalidates_nothing);

#[tokio::test]
async fn a_commit_that_is_lost_invalidates() {
    let Some(place) = place().await else { return };
    let killing = Killing {
        own: "select pg_backend_pid()::bigint",
        end: |connection| format!("select pg_terminate_backend({connection}::int)"),
        left: |connection| format!("select count(*) from pg_stat_activity where pid = {connection}"),
    };
    sea_orm_suite::a_commit_that_is_lost_invalidates(place, killing).await;
}
