//! Readers of one row share one query, and nobody depends on a stranger who goes away.

use std::time::Duration;

use hydracache_db::{DbErrorKind, Result};
use tokio::task::JoinHandle;

use crate::kit::user::{User, by_id};
use crate::kit::{Adapter, Suite, until, within};

impl<A: Adapter> Suite<A> {
    /// Somebody who reads the first user.
    fn reader(&self, adapter: &A) -> JoinHandle<Result<User>> {
        let (adapter, read) = (adapter.clone(), self.of(1));
        tokio::spawn(async move { adapter.one(read, &by_id(1)).await })
    }

    /// Waits until so many readers wait for the load of another one, which has begun.
    async fn joined(&self, readers: u64) {
        until("the readers wait", async || {
            let stats = self.users.cache().stats();
            (stats.misses, stats.joins) == (1, readers)
        })
        .await;
    }
}

pub(crate) async fn a_hundred_readers_are_one_query<A: Adapter>(suite: Suite<A>) {
    let narrow = suite.narrow(None).await;
    let held = narrow.hold().await;
    let readers: Vec<_> = (0..100).map(|_| suite.reader(&narrow)).collect();
    suite.joined(99).await;
    drop(held);
    for reader in readers {
        assert_eq!(within("a reader", reader).await.unwrap().unwrap().name, "Ada");
    }
    assert_eq!(narrow.rows_read(), 1);
}

pub(crate) async fn a_caller_who_goes_away_fails_nobody<A: Adapter>(suite: Suite<A>) {
    let narrow = suite.narrow(None).await;
    let held = narrow.hold().await;
    let first = suite.reader(&narrow);
    suite.joined(0).await;
    let others: Vec<_> = (0..3).map(|_| suite.reader(&narrow)).collect();
    suite.joined(3).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    drop(held);
    for other in others {
        assert_eq!(within("a reader", other).await.unwrap().unwrap().name, "Ada");
    }
    assert_eq!(narrow.rows_read(), 1, "the load of the one who went away was not lost");
}

pub(crate) async fn a_load_goes_on_when_its_only_caller_goes_away<A: Adapter>(suite: Suite<A>) {
    let narrow = suite.narrow(None).await;
    let held = narrow.hold().await;
    let reader = suite.reader(&narrow);
    suite.joined(0).await;
    reader.abort();
    assert!(reader.await.unwrap_err().is_cancelled());
    drop(held);
    until("what was loaded is cached", async || suite.is_cached(1).await).await;
    assert_eq!(suite.name(1).await, "Ada");
    assert_eq!((narrow.rows_read(), suite.adapter.rows_read()), (1, 0));
}

pub(crate) async fn an_error_is_told_to_all_who_waited<A: Adapter>(suite: Suite<A>) {
    let narrow = suite.narrow(Some(Duration::from_secs(2))).await;
    let held = narrow.hold().await;
    let readers: Vec<_> = (0..4).map(|_| suite.reader(&narrow)).collect();
    suite.joined(3).await;
    for reader in readers {
        let error = within("a reader", reader).await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.key()), (DbErrorKind::PoolExhausted, Some("db:user:1")));
    }
    let stats = suite.users.cache().stats();
    assert_eq!((stats.loads, stats.load_failures), (1, 1), "a pool that has none to give is asked once");
    drop(held);
    assert_eq!(suite.name(1).await, "Ada");
}
