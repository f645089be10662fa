//! What a transaction reads may never be committed, or be old when it is.

use crate::kit::suite::left_out;
use crate::kit::user::User;
use crate::kit::{Adapter, End, Inside, Suite, Write};

/// Whether the adapter reads inside of its transactions.
fn reads<A: Adapter>() -> bool {
    if !A::READS_IN_TRANSACTIONS {
        left_out("the adapter has no reads inside of transactions");
    }
    A::READS_IN_TRANSACTIONS
}

/// The name that a transaction reads.
async fn seen<A: Adapter>(suite: &Suite<A>, inside: Inside) -> String {
    suite.adapter.inside(&suite.users, inside).await.unwrap().unwrap().name
}

pub(crate) async fn a_read_in_a_transaction_leaves_the_cache_out<A: Adapter>(suite: Suite<A>) {
    if !reads::<A>() {
        return;
    }
    assert_eq!(suite.name(1).await, "Ada");
    for (id, end) in [(1, End::Rollback), (2, End::Rollback), (1, End::Dropped)] {
        let inside = Inside::reads(id).after(Write::rename(id, "Augusta")).end(end);
        assert_eq!(seen(&suite, inside).await, "Augusta", "it sees what it has written");
    }
    assert_eq!(suite.name(1).await, "Ada");
    assert!(!suite.is_cached(2).await);
    // A transaction that was not told otherwise stores nothing when it commits either.
    assert_eq!(seen(&suite, Inside::reads(2)).await, "Grace");
    assert!(!suite.is_cached(2).await);
}

pub(crate) async fn what_was_cached_is_handed_out_where_that_was_asked_for<A: Adapter>(suite: Suite<A>) {
    if !reads::<A>() {
        return;
    }
    assert_eq!(suite.name(1).await, "Ada");
    suite.outside().rename(1, "Byron").await;
    assert_eq!(seen(&suite, Inside::reads(1).through()).await, "Ada");
    assert_eq!(seen(&suite, Inside::reads(1)).await, "Byron");
    suite.users.clear().await.unwrap();
    assert_eq!(seen(&suite, Inside::reads(1).through()).await, "Byron");
}

pub(crate) async fn what_was_read_is_stored_by_the_commit_alone<A: Adapter>(suite: Suite<A>) {
    if !reads::<A>() {
        return;
    }
    let users = suite.users.clone();
    let not_yet =
        async move { assert!(!users.cache().contains_key("db:user:1").await, "nothing is committed yet") };
    let inside = || Inside::reads(1).through();
    for end in [End::Rollback, End::Dropped] {
        assert_eq!(seen(&suite, inside().end(end)).await, "Ada");
        assert!(!suite.is_cached(1).await);
    }
    assert_eq!(seen(&suite, inside().meanwhile(not_yet)).await, "Ada");
    if !A::STORES_AT_COMMIT {
        assert!(!suite.is_cached(1).await);
        return left_out("the adapter does not see what is read in its transactions");
    }
    suite.outside().rename(1, "Byron").await;
    assert_eq!(suite.name(1).await, "Ada", "it is a hit");
    // It carries the tags that it would carry otherwise.
    suite.users.invalidate_entity::<User>(1).await.unwrap();
    assert_eq!(suite.name(1).await, "Byron");
}

pub(crate) async fn what_was_changed_since_is_not_stored_by_the_commit<A: Adapter>(suite: Suite<A>) {
    if !reads::<A>() {
        return;
    }
    let (adapter, users) = (suite.adapter.clone(), suite.users.clone());
    // Another transaction changes what this one has read, and is committed first.
    let overtaken = async move {
        adapter.transact(&users, Write::rename(1, "Byron"), End::Commit).await.unwrap();
    };
    let inside = Inside::reads(1).through().meanwhile(overtaken);
    assert_eq!(seen(&suite, inside).await, "Ada");
    assert_eq!(suite.name(1).await, "Byron");
}

pub(crate) async fn what_was_written_and_read_is_not_stored_as_it_was<A: Adapter>(suite: Suite<A>) {
    if !reads::<A>() {
        return;
    }
    let inside = |end| Inside::reads(1).through().after(Write::rename(1, "Augusta")).end(end);
    assert_eq!(seen(&suite, inside(End::Rollback)).await, "Augusta");
    assert_eq!(suite.name(1).await, "Ada");
    suite.users.clear().await.unwrap();
    assert_eq!(seen(&suite, inside(End::Commit)).await, "Augusta");
    assert_eq!(suite.name(1).await, "Augusta");
}
