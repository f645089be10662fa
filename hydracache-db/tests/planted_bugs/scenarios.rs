//! What is played with and without a bug. Each answers how many reads were stale; none where a server is not there.

use std::time::Duration;

use hydracache_db::outbox::OutboxFollower;
use hydracache_db::{DbErrorKind, PlantedBug};

use crate::kit::database::Outside;
use crate::kit::on_sqlx::OnSqlx;
use crate::kit::race::race;
use crate::kit::{Adapter, End, Inside, Suite, Write};

/// The bugs that these scenarios notice.
pub(crate) const COVERED: [PlantedBug; 4] = [
    PlantedBug::CommitInvalidatesFirst,
    PlantedBug::UnknownIsNotCommitted,
    PlantedBug::FillAsOfTheCommit,
    PlantedBug::FollowerGoesByNumber,
];

/// Enough for the bug to be noticed, and few enough to be played three times on each database.
const COMMITS: u64 = 200;

pub(crate) async fn a_race<A: Adapter>() -> Option<u64> {
    let report = race(Suite::<A>::start().await?, COMMITS).await;
    assert!(report.means_something(), "{report:?}");
    Some(report.stale + report.uncommitted)
}

pub(crate) async fn a_lost_commit<A: Adapter>() -> Option<u64> {
    let suite = Suite::<A>::start().await?;
    suite.name(1).await;
    let cut = End::Cut(suite.outside().clone());
    let error = suite.transact(Write::rename(1, "Augusta"), cut).await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::CommitUnknown);
    // As if the server had done what it was told, and nobody had heard of it.
    suite.outside().rename(1, "Augusta").await;
    Some(u64::from(suite.name(1).await != "Augusta"))
}

pub(crate) async fn an_overtaken_read<A: Adapter>() -> Option<u64> {
    let suite = Suite::<A>::start().await?;
    let (adapter, users) = (suite.adapter.clone(), suite.users.clone());
    let overtaken = async move {
        adapter.transact(&users, Write::rename(1, "Augusta"), End::Commit).await.unwrap();
    };
    let inside = Inside::reads(1).through().meanwhile(overtaken);
    suite.adapter.inside(&suite.users, inside).await.unwrap();
    Some(u64::from(suite.name(1).await != "Augusta"))
}

/// The row of the outbox with the lower number is committed after the one with the higher number was read.
pub(crate) async fn a_transaction_that_began_first_and_ends_last() -> Option<u64> {
    let suite = Suite::<OnSqlx<sqlx::Postgres>>::start().await?;
    let Outside::Postgres(pool) = suite.outside().clone() else { unreachable!("it is PostgreSQL") };
    let follower =
        OutboxFollower::new(pool.clone()).apply_to(&suite.users).poll_every(Duration::from_secs(3600));
    let follower = follower.start().await.unwrap();
    suite.name(1).await;
    let told = |name: &str| {
        let tag = format!("db:db:{name}");
        let row = "insert into hydracache_outbox (kind, cache, name) values ('tag', 'default', $1)";
        sqlx::query(row).bind(tag)
    };
    let mut slow = pool.begin().await.unwrap();
    sqlx::query("update users set name = 'Augusta' where id = 1").execute(&mut *slow).await.unwrap();
    told("user:1").execute(&mut *slow).await.unwrap();
    told("user:2").execute(&pool).await.unwrap();
    follower.caught_up().await.unwrap();
    slow.commit().await.unwrap();
    follower.caught_up().await.unwrap();
    assert_eq!(follower.status().foreign, 0);
    Some(u64::from(suite.name(1).await != "Augusta"))
}
