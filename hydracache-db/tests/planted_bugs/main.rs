//! Each switch of [`PlantedBug`] breaks one rule of this crate, and each must be noticed: the same scenario is played without
//! the bug, where nothing is stale, and with it, where something is.
//!
//! The switches are those of the whole process, so the tests take turns.
#![cfg(all(
    feature = "planted-bugs",
    feature = "sqlx-sqlite",
    feature = "sqlx-postgres",
    feature = "sqlx-mysql"
))]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

#[path = "../db_suite/kit/mod.rs"]
mod kit;
mod scenarios;

use hydracache_db::{PlantedBug, plant};
use tokio::sync::Mutex;

/// How often a scenario is played until it notices a bug.
const TRIES: u32 = 20;

/// Held by the test whose turn it is.
static TURN: Mutex<()> = Mutex::const_new(());

/// Counts what is stale in `scenario` without `bug`, which must be nothing, and with it, which must be something.
///
/// A scenario whose server is not there is left out.
async fn must_go_red(bug: PlantedBug, scenario: impl AsyncFn() -> Option<u64>) {
    let _turn = TURN.lock().await;
    let Some(stale) = scenario().await else { return };
    assert_eq!(stale, 0, "without the bug");
    let planted = plant(bug);
    let mut stale = 0;
    // A race may end well by chance; not this often.
    for _ in 0..TRIES {
        stale += scenario().await.unwrap();
        if stale > 0 {
            break;
        }
    }
    drop(planted);
    assert!(stale > 0, "{bug:?} went unnoticed");
    println!("{bug:?}: {stale} stale");
    assert_eq!(scenario().await, Some(0), "the bug was taken out again");
}

/// A bug that is added to the crate must be added here, with the scenario that notices it.
#[test]
fn every_bug_has_its_test() {
    for bug in PlantedBug::ALL {
        assert!(
            match bug {
                PlantedBug::CommitInvalidatesFirst
                | PlantedBug::UnknownIsNotCommitted
                | PlantedBug::FillAsOfTheCommit
                | PlantedBug::FollowerGoesByNumber => scenarios::COVERED.contains(&bug),
            },
            "{bug:?}"
        );
    }
}

/// The scenarios that notice a bug, on each database that they can be played on.
macro_rules! goes_red {
    ($($test:ident: $bug:ident, $scenario:ident, $adapter:ty;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            must_go_red(PlantedBug::$bug, scenarios::$scenario::<kit::on_sqlx::OnSqlx<$adapter>>).await;
        }
    )+};
}

goes_red! {
    a_commit_that_invalidates_first_on_sqlite: CommitInvalidatesFirst, a_race, sqlx::Sqlite;
    a_commit_that_invalidates_first_on_postgres: CommitInvalidatesFirst, a_race, sqlx::Postgres;
    a_commit_that_invalidates_first_on_mariadb: CommitInvalidatesFirst, a_race, sqlx::MySql;
    a_lost_commit_that_counts_for_nothing_on_postgres: UnknownIsNotCommitted, a_lost_commit, sqlx::Postgres;
    a_lost_commit_that_counts_for_nothing_on_mariadb: UnknownIsNotCommitted, a_lost_commit, sqlx::MySql;
    a_fill_as_of_the_commit_on_sqlite: FillAsOfTheCommit, an_overtaken_read, sqlx::Sqlite;
    a_fill_as_of_the_commit_on_postgres: FillAsOfTheCommit, an_overtaken_read, sqlx::Postgres;
    a_fill_as_of_the_commit_on_mariadb: FillAsOfTheCommit, an_overtaken_read, sqlx::MySql;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_that_goes_by_number() {
    let scenario = scenarios::a_transaction_that_began_first_and_ends_last;
    must_go_red(PlantedBug::FollowerGoesByNumber, scenario).await;
}
