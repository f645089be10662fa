//! A commit invalidates what its transaction has said; whatever is not committed invalidates nothing.

use hydracache_db::DbErrorKind;

use crate::kit::suite::left_out;
use crate::kit::user::by_id;
use crate::kit::{Adapter, End, Inside, Suite, Write};

/// A database that looks at a constraint when a transaction commits, and a transaction that it will not like.
pub(crate) async fn one_that_is_refused<A: Adapter>(suite: &Suite<A>) -> Write {
    let table = "create table posts (author bigint references users (id) deferrable initially deferred)";
    suite.outside().run(table).await;
    Write::rename(1, "Augusta").sql("insert into posts values (1000)").tag("reports")
}

pub(crate) async fn a_commit_invalidates_and_nothing_before_it_does<A: Adapter>(suite: Suite<A>) {
    assert_eq!((suite.name(1).await, suite.name(2).await), ("Ada".to_owned(), "Grace".to_owned()));
    assert_eq!(suite.names().await.len(), 3);
    let rows = suite.adapter.rows_read();
    if A::READS_IN_TRANSACTIONS {
        let (reader, of, users) = (suite.adapter.clone(), suite.of(1), suite.users.clone());
        // Somebody reads while the transaction is under way.
        let meanwhile = async move {
            assert_eq!(reader.one(of, &by_id(1)).await.unwrap().name, "Ada");
            assert!(users.cache().contains_key("db:user:1").await);
        };
        let inside = Inside::reads(2).meanwhile(meanwhile);
        suite.adapter.inside(&suite.users, inside.after(Write::rename(1, "Augusta"))).await.unwrap();
        assert_eq!(suite.adapter.rows_read(), rows + 1, "the other read was a hit");
    } else {
        suite.transact(Write::rename(1, "Augusta"), End::Commit).await.unwrap();
    }
    assert_eq!((suite.name(1).await, suite.name(2).await), ("Augusta".to_owned(), "Grace".to_owned()));
    assert_eq!(suite.names().await, ["Augusta", "Grace", "Edith"]);
}

/// What ends without a commit has changed nothing, neither there nor here.
async fn changes_nothing<A: Adapter>(suite: &Suite<A>, end: End) {
    suite.name(1).await;
    suite.names().await;
    let rows = suite.adapter.rows_read();
    suite.transact(Write::rename(1, "Augusta"), end).await.unwrap();
    assert_eq!(suite.name(1).await, "Ada");
    assert_eq!(suite.names().await, ["Ada", "Grace", "Edith"]);
    assert_eq!(suite.adapter.rows_read(), rows, "these were hits");
    suite.users.clear().await.unwrap();
    assert_eq!(suite.name(1).await, "Ada");
}

pub(crate) async fn a_rollback_invalidates_nothing<A: Adapter>(suite: Suite<A>) {
    changes_nothing(&suite, End::Rollback).await;
}

pub(crate) async fn a_dropped_transaction_invalidates_nothing<A: Adapter>(suite: Suite<A>) {
    changes_nothing(&suite, End::Dropped).await;
}

pub(crate) async fn a_commit_whose_connection_was_lost_may_have_happened<A: Adapter>(suite: Suite<A>) {
    if !A::KIND.has_connections_to_cut() {
        return left_out("a file has no connection to lose");
    }
    suite.name(1).await;
    suite.names().await;
    let cut = End::Cut(suite.outside().clone());
    let error = suite.transact(Write::rename(1, "Augusta"), cut).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (DbErrorKind::CommitUnknown, "commit"), "{error:?}");
    // This time it has not happened, and somebody else writes.
    suite.outside().rename(1, "Byron").await;
    assert_eq!(suite.name(1).await, "Byron");
    assert_eq!(suite.names().await, ["Byron", "Grace", "Edith"]);
}

pub(crate) async fn a_commit_that_the_database_refuses_invalidates_nothing<A: Adapter>(suite: Suite<A>) {
    if !A::KIND.can_refuse_a_commit() {
        return left_out("MariaDB looks at each constraint at once");
    }
    let refused = one_that_is_refused(&suite).await;
    suite.name(1).await;
    suite.names().await;
    let rows = suite.adapter.rows_read();
    let error = suite.transact(refused, End::Commit).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (DbErrorKind::NotCommitted, "commit"), "{error:?}");
    assert_eq!(suite.name(1).await, "Ada");
    assert_eq!(suite.names().await, ["Ada", "Grace", "Edith"]);
    assert_eq!(suite.adapter.rows_read(), rows, "these were hits");
    // The connection can be used again, and so can the row.
    suite.transact(Write::rename(1, "Byron"), End::Commit).await.unwrap();
    assert_eq!(suite.name(1).await, "Byron");
}
