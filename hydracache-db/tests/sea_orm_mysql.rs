//! SeaORM on MariaDB.
#![cfg(feature = "sea-orm-mysql")]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod sea_orm_suite;
mod servers;

use sea_orm_suite::{Killing, Place, tests_on};

async fn place() -> Option<Place> {
    Some(Place::at(servers::mariadb().await?).await)
}

tests_on!(place());

#[tokio::test]
async fn a_commit_that_is_lost_invalidates() {
    let Some(place) = place().await else { return };
    let killing = Killing {
        own: "select cast(connection_id() as signed)",
        end: |connection| format!("kill connection {connection}"),
        left: |connection| {
            format!("select count(*) from information_schema.processlist where id = {connection}")
        },
    };
    sea_orm_suite::a_commit_that_is_lost_invalidates(place, killing).await;
}
