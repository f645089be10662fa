//! What a commit makes invalid is written beside its data, or not at all.

use hydracache_db::DbErrorKind;

use super::transactions::one_that_is_refused;
use crate::kit::suite::left_out;
use crate::kit::{Adapter, End, Suite, Write};

impl<A: Adapter> Suite<A> {
    /// A tracked transaction of a cache with an outbox.
    async fn told(&self, write: Write, end: End) -> hydracache_db::Result<()> {
        self.adapter.transact(&self.users.clone().with_outbox(), write, end).await
    }

    /// What the outbox and the row of the first user say.
    async fn rows_and_renamed(&self) -> (i64, i64) {
        let renamed = "select count(*) from users where id = 1 and name = 'Augusta'";
        (self.outside().outbox("1 = 1").await, self.outside().number(renamed).await)
    }
}

pub(crate) async fn rows_are_there_exactly_if_the_data_is<A: Adapter>(suite: Suite<A>) {
    let rename = || Write::rename(1, "Augusta").tag("it's \"quoted\" \\ ünd ?");
    for end in [End::Rollback, End::Dropped] {
        suite.told(rename(), end).await.unwrap();
        assert_eq!(suite.rows_and_renamed().await, (0, 0));
    }
    suite.name(1).await;
    suite.told(rename(), End::Commit).await.unwrap();
    // The entity, the lists it may stand in, and the tag.
    assert_eq!(suite.rows_and_renamed().await, (3, 1));
    assert_eq!(suite.name(1).await, "Augusta", "it is invalidated here as well");
    let here = "cache = 'default' and kind = 'tag' and origin is not null";
    for name in ["%:user:1", "%list:users", "%it''s \"quoted\"%ünd ?"] {
        assert_eq!(suite.outside().outbox(&format!("{here} and name like '{name}'")).await, 1, "{name}");
    }
    // Many at once, and none.
    let many = (0..250).fold(Write::default(), |write, at| write.tag(&format!("tag {at}")));
    suite.told(many, End::Commit).await.unwrap();
    suite.told(Write::default(), End::Commit).await.unwrap();
    assert_eq!(suite.outside().outbox("1 = 1").await, 253);
    assert_eq!(suite.outside().number("select count(distinct id) from hydracache_outbox").await, 253);
    // A cache without an outbox writes none.
    suite.transact(Write::rename(2, "Joan"), End::Commit).await.unwrap();
    assert_eq!(suite.outside().outbox("1 = 1").await, 253);
}

pub(crate) async fn a_commit_that_is_refused_writes_no_rows<A: Adapter>(suite: Suite<A>) {
    if !A::KIND.can_refuse_a_commit() {
        return left_out("MariaDB looks at each constraint at once");
    }
    let refused = one_that_is_refused(&suite).await;
    suite.name(1).await;
    let error = suite.told(refused, End::Commit).await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::NotCommitted);
    assert_eq!(suite.rows_and_renamed().await, (0, 0));
    assert!(suite.is_cached(1).await);
}

pub(crate) async fn a_commit_whose_connection_was_lost_writes_no_rows<A: Adapter>(suite: Suite<A>) {
    if !A::KIND.has_connections_to_cut() {
        return left_out("a file has no connection to lose");
    }
    suite.name(1).await;
    let cut = End::Cut(suite.outside().clone());
    // The rows of the outbox are the first thing that cannot be written.
    let error = suite.told(Write::rename(1, "Augusta"), cut).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (DbErrorKind::Outbox, "write_outbox"), "{error:?}");
    assert_eq!(suite.rows_and_renamed().await, (0, 0));
    assert!(suite.is_cached(1).await, "no commit was sent");
}

pub(crate) async fn without_its_table_nothing_is_committed<A: Adapter>(suite: Suite<A>) {
    suite.name(1).await;
    suite.outside().run("alter table hydracache_outbox rename to away").await;
    let error = suite.told(Write::rename(1, "Augusta"), End::Commit).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (DbErrorKind::Outbox, "write_outbox"), "{error:?}");
    suite.outside().run("alter table away rename to hydracache_outbox").await;
    assert_eq!(suite.rows_and_renamed().await, (0, 0));
    assert!(suite.is_cached(1).await);
}
