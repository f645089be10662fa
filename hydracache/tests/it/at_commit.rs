//! Writes inside of a transaction: what they make invalid takes effect with its commit, or not at all.

use std::panic::AssertUnwindSafe;
use std::pin::pin;

use futures_util::{FutureExt, poll};
use hydracache::{AtCommit, CommitList, Registry, cached, cached_impl, invalidates};

use crate::support::{isolated, isolated_sync};

/// A transaction of some driver.
#[derive(Debug, Default)]
struct Tx {
    list: CommitList,
    statements: u32,
}

impl AtCommit for Tx {
    fn commit_list(&self) -> &CommitList {
        &self.list
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Refused;

impl Tx {
    fn run(&mut self, id: u64) -> Result<u64, Refused> {
        self.statements += 1;
        if id == 0 { Err(Refused) } else { Ok(id) }
    }

    async fn commit(self) {
        self.list.commit().await.unwrap();
    }
}

#[cached(name = "at_commit.get", key = "{id}", tags = ["at_commit.all", "at_commit.row:{id}"])]
async fn get(id: u64) -> u64 {
    id
}

#[cached(name = "at_commit.total")]
fn total() -> u64 {
    6
}

/// Fills the cache.
async fn fill() {
    for id in 0..4 {
        get(id).await;
    }
    total();
}

/// Which entries are there, the total last.
fn there() -> Vec<bool> {
    let mut there: Vec<_> = (0..4).map(|id| get::peek(id).is_some()).collect();
    there.push(total::peek().is_some());
    there
}

#[invalidates(get(id), all(total), tags = ["at_commit.row:{other}"], at = commit(tx))]
async fn save(tx: &mut Tx, id: u64, other: u64) -> Result<u64, Refused> {
    tokio::task::yield_now().await;
    tx.run(id)
}

#[tokio::test]
async fn everything_is_invalid_after_the_commit_and_nothing_before() {
    isolated(async {
        fill().await;
        let mut tx = Tx::default();
        assert_eq!(save(&mut tx, 1, 2).await, Ok(1));
        assert_eq!(there(), [true, true, true, true, true]);
        assert_eq!(tx.list.len(), 3);
        tx.commit().await;
        assert_eq!(there(), [true, false, false, true, false]);
    })
    .await;
}

#[tokio::test]
async fn a_load_between_the_write_and_the_commit_is_invalidated_as_well() {
    isolated(async {
        let mut tx = Tx::default();
        save(&mut tx, 1, 2).await.unwrap();
        fill().await;
        tx.commit().await;
        assert_eq!(there(), [true, false, false, true, false]);
    })
    .await;
}

#[tokio::test]
async fn after_a_rollback_everything_is_there() {
    isolated(async {
        fill().await;
        let mut tx = Tx::default();
        save(&mut tx, 1, 2).await.unwrap();
        tx.list.roll_back();
        tx.commit().await;
        assert_eq!(there(), [true; 5]);
    })
    .await;
}

#[tokio::test]
async fn a_body_that_fails_may_have_written_and_the_transaction_decides() {
    isolated(async {
        fill().await;
        let mut tx = Tx::default();
        assert_eq!(save(&mut tx, 0, 2).await, Err(Refused));
        assert_eq!(there(), [true; 5]);
        tx.commit().await;
        assert_eq!(there(), [false, true, false, true, false]);
    })
    .await;
}

#[invalidates(get(id), at = commit(tx))]
async fn stops(tx: &mut Tx, id: u64) {
    tx.run(id).unwrap();
    std::future::pending().await
}

#[tokio::test]
async fn what_a_body_wrote_before_it_panicked_or_was_dropped_is_invalid_at_the_commit() {
    isolated(async {
        fill().await;
        let mut tx = Tx::default();
        assert!(AssertUnwindSafe(stops(&mut tx, 0)).catch_unwind().await.is_err());
        {
            let mut call = pin!(stops(&mut tx, 1));
            assert!(poll!(call.as_mut()).is_pending());
        }
        drop(stops(&mut tx, 2));
        assert_eq!((there(), tx.list.len()), (vec![true; 5], 2));
        tx.commit().await;
        assert_eq!(there(), [false, false, true, true, true], "what was never polled has written nothing");
    })
    .await;
}

#[invalidates(get(*result), tags = ["at_commit.row:{result}"], all(total), at = commit(tx))]
async fn create(tx: &mut Tx, id: u64) -> Result<u64, Refused> {
    let created = tx.run(id)?;
    assert_eq!(tx.list.len(), 1, "what does not name the outcome is in the list already");
    Ok(created)
}

#[tokio::test]
async fn what_names_the_outcome_is_added_when_there_is_one() {
    isolated(async {
        fill().await;
        let mut tx = Tx::default();
        assert_eq!(create(&mut tx, 0).await, Err(Refused));
        assert_eq!(tx.list.len(), 1);
        create(&mut tx, 3).await.unwrap();
        assert_eq!((there(), tx.list.len()), (vec![true; 5], 3));
        tx.commit().await;
        assert_eq!(there(), [true, true, true, false, false]);
    })
    .await;
}

#[invalidates(get(id), get(*result), when = |id| *id != 2, at = commit(tx))]
async fn touch(tx: &mut Tx, id: u64) -> Result<u64, Refused> {
    assert!(tx.list.is_empty(), "whether it holds is known only after the body");
    let touched = tx.run(id)?;
    assert_ne!(touched, 3, "as a body may panic");
    Ok(touched)
}

#[tokio::test]
async fn a_condition_decides_when_the_outcome_is_known() {
    isolated(async {
        fill().await;
        let mut tx = Tx::default();
        assert_eq!(touch(&mut tx, 0).await, Err(Refused));
        assert_eq!(touch(&mut tx, 2).await, Ok(2));
        assert!(tx.list.is_empty());
        assert_eq!(touch(&mut tx, 1).await, Ok(1));
        assert_eq!((there(), tx.list.len()), (vec![true; 5], 1));
        tx.list.commit().await.unwrap();
        assert_eq!(there(), [true, false, true, true, true]);
        assert!(AssertUnwindSafe(touch(&mut tx, 3)).catch_unwind().await.is_err());
        tx.commit().await;
        assert_eq!(there(), [true, false, true, false, true], "what panicked may have written");
    })
    .await;
}

/// The body takes the transaction, and commits it itself.
#[invalidates(get(id), at = commit(tx))]
async fn save_and_commit(mut tx: Tx, id: u64) -> Result<(), Refused> {
    tx.run(id)?;
    assert!(get::peek(id).is_some());
    tx.commit().await;
    assert!(get::peek(id).is_none());
    Ok(())
}

#[invalidates(get(id), at = commit(tx.list))]
fn blocking(tx: &mut Tx, id: u64) -> Result<u64, Refused> {
    tx.run(id)
}

#[invalidates(tags = ["at_commit.all"], cache = "side", at = commit(list))]
#[invalidates(get(id), at = commit(list))]
fn of_a_list(list: &CommitList, id: u64) {
    assert_eq!(list.len(), 3, "{id} comes after two others");
}

#[tokio::test]
async fn a_transaction_can_be_an_argument_of_any_form() {
    isolated(async {
        fill().await;
        save_and_commit(Tx::default(), 1).await.unwrap();
        let mut tx = Tx::default();
        assert_eq!(blocking(&mut tx, 2), Ok(2));
        of_a_list(&tx.list, 3);
        assert_eq!(tx.list.len(), 3);
        assert_eq!(there(), [true, false, true, true, true]);
        tx.commit().await;
        assert_eq!(there(), [true, false, false, false, true], "the tag is of another cache");
    })
    .await;
}

struct Rows {
    tx: Tx,
}

#[cached_impl(name = "at_commit.rows")]
impl Rows {
    #[cached(receiver = skip)]
    fn find(&self, id: u64) -> u64 {
        assert_eq!(self.tx.statements, 0);
        id
    }

    #[invalidates(Self::find(id), at = commit(self.tx))]
    fn update(&mut self, id: u64) -> Result<u64, Refused> {
        self.tx.run(id)
    }
}

#[test]
fn methods_name_the_transaction_of_their_instance() {
    isolated_sync(|| {
        let mut rows = Rows { tx: Tx::default() };
        rows.find(1);
        assert_eq!((rows.update(1), rows.update(0)), (Ok(1), Err(Refused)));
        assert!(Rows::find_cache().peek(1).is_some());
        rows.tx.list.commit().fire();
        assert!(Rows::find_cache().peek(1).is_none());
    });
}

#[test]
fn the_registry_knows_that_it_is_at_the_commit() {
    let registry = Registry::of_this_program();
    let of = |name: &str| {
        registry
            .invalidators()
            .find(|it| it.function() == name && it.module().ends_with("at_commit"))
            .unwrap()
    };
    assert_eq!((of("save").at(), of("touch").at(), of("update").at()), ("commit", "commit", "commit"));
    assert_eq!(of("save").targets(), ["get(id)", "all(total)"]);
}
