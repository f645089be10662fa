//! Invalidation at the commit of a transaction: functions, methods and traits; the transaction borrowed, taken and in a field.

#![deny(warnings)]

use std::sync::Arc;

use async_trait::async_trait;
use hydracache::{AtCommit, CommitList, cached, cached_impl, invalidates};

#[derive(Default)]
struct Tx {
    list: CommitList,
}

impl AtCommit for Tx {
    fn commit_list(&self) -> &CommitList {
        &self.list
    }
}

#[cached]
fn get(id: u64) -> u64 {
    id
}

#[invalidates(get(id), at = commit(tx))]
async fn exclusive(tx: &mut Tx, id: u64) -> Result<u64, String> {
    let list: &CommitList = tx.commit_list();
    Ok(id + list.len() as u64)
}

#[invalidates(get(id), at = commit(tx))]
fn taken(tx: Tx, id: u64) -> CommitList {
    let _ = id;
    tx.list
}

#[invalidates(get(*result), when = |id| *id > 0, at = commit(&tx))]
fn generic<T: AtCommit + ?Sized>(tx: &T, id: u64) -> u64 {
    tx.commit_list().len() as u64 + id
}

#[invalidates(get(id), at = commit(Tx::commit_list(&tx)), tags = ["a"])]
fn shared(tx: Arc<Tx>, id: u64) -> impl Iterator<Item = u64> {
    drop(tx);
    std::iter::once(id)
}

struct Repo {
    tx: Tx,
}

#[cached_impl(name = "repo")]
impl Repo {
    #[cached(receiver = skip)]
    async fn find(&self, id: u64) -> u64 {
        id + self.tx.list.len() as u64
    }

    #[invalidates(Self::find(id), all(Self::find), at = commit(self.tx))]
    async fn update(&mut self, id: u64) -> Result<(), String> {
        if id == 0 { Err("zero".to_owned()) } else { Ok(()) }
    }
}

#[async_trait]
trait Store {
    async fn load(&self, id: u64) -> u64;
    async fn save(&self, tx: &mut Tx, id: u64) -> Result<(), String>;
}

#[cached_impl(name = "store")]
#[async_trait]
impl Store for Repo {
    #[cached(receiver = skip)]
    async fn load(&self, id: u64) -> u64 {
        id
    }

    #[invalidates(get(id), Self::load(id), at = commit(tx))]
    async fn save(&self, tx: &mut Tx, id: u64) -> Result<(), String> {
        assert_eq!(tx.list.len(), 2);
        let _ = id;
        Ok(())
    }
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    get(1);
    let mut tx = Tx::default();
    assert_eq!(is_send(exclusive(&mut tx, 1)).await, Ok(2));
    let list = taken(Tx::default(), 1);
    assert_eq!((list.len(), generic(&list, 1), list.len()), (1, 2, 2));
    assert_eq!(shared(Arc::new(Tx::default()), 1).sum::<u64>(), 1);
    let mut repo = Repo { tx: Tx::default() };
    assert_eq!((is_send(repo.update(1)).await, repo.tx.list.len()), (Ok(()), 2));
    assert_eq!(repo.find(1).await, 3);
    let mut tx = Tx::default();
    assert_eq!(repo.load(1).await, 1);
    repo.save(&mut tx, 1).await.unwrap();
    assert!(get::peek(1).is_some());
    tx.list.commit().await.unwrap();
    assert!(get::peek(1).is_none() && Repo::load_cache().peek(1).is_none());
}
