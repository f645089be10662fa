//! Loads whose caller goes away: which of them go on, and in which runtime.

use std::rc::Rc;
use std::sync::Arc;

use futures_util::poll;
use hydracache::{Runtime, cached};

use crate::support::{Desk, isolated, settle};

#[cached(name = "adoption.owns", key = "{id}")]
async fn owns(desk: Arc<Desk>, id: u64) -> Result<u64, String> {
    desk.load(&[id]).await.map_err(|_| "down".to_owned())?;
    Ok(id)
}

#[cached(name = "adoption.plain", key = "{id}")]
async fn plain(desk: Desk, id: u64) -> Option<String> {
    desk.load(&[id]).await.ok()?;
    Some(Runtime::current().default_cache().name().to_owned())
}

#[cached(name = "adoption.borrows", key = "{id}")]
async fn borrows(desk: &Desk, id: u64) -> u64 {
    desk.load(&[id]).await.unwrap();
    id
}

#[cached(name = "adoption.declines", key = "{id}", adopt = false)]
async fn declines(desk: Desk, id: u64) -> u64 {
    desk.load(&[id]).await.unwrap();
    id
}

#[cached(name = "adoption.stays", key = "{id}")]
async fn stays(desk: Desk, id: u64) -> u64 {
    let kept = Rc::new(id);
    desk.load(&[id]).await.unwrap();
    *kept
}

/// Begins a load, goes away, and lets the load go on if it does.
async fn leave(call: impl Future, desk: &Desk) {
    let mut call = Box::pin(call);
    assert!(poll!(call.as_mut()).is_pending());
    drop(call);
    settle().await;
    desk.open(1);
    settle().await;
    assert_eq!(desk.loads(), 1);
}

#[tokio::test]
async fn a_load_that_owns_all_it_needs_goes_on_and_is_stored() {
    isolated(async {
        let desk = Desk::closed();
        leave(owns(Arc::new(desk.clone()), 7), &desk).await;
        assert_eq!((owns::peek(7), owns::stats().adopted), (Some(7), 1));
        let desk = Desk::closed();
        leave(owns::fetch(Arc::new(desk.clone()), 8), &desk).await;
        assert_eq!(owns::peek(8), Some(8));
        let desk = Desk::closed();
        leave(plain(desk.clone(), 7), &desk).await;
        assert_eq!(plain::peek(7).flatten().as_deref(), Some(Runtime::current().default_cache().name()));
    })
    .await;
}

#[tokio::test]
async fn who_waits_for_it_gets_its_value() {
    isolated(async {
        let desk = Desk::closed();
        let mut first = Box::pin(plain(desk.clone(), 7));
        assert!(poll!(first.as_mut()).is_pending());
        let mut second = Box::pin(plain(desk.clone(), 7));
        assert!(poll!(second.as_mut()).is_pending());
        drop(first);
        desk.open(1);
        assert!(second.await.is_some());
        assert_eq!((desk.loads(), plain::stats().adopted), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_load_that_borrows_or_cannot_be_sent_or_is_told_to_ends_with_its_caller() {
    isolated(async {
        let desks = [Desk::closed(), Desk::closed(), Desk::closed()];
        leave(borrows(&desks[0], 7), &desks[0]).await;
        leave(declines(desks[1].clone(), 7), &desks[1]).await;
        leave(stays(desks[2].clone(), 7), &desks[2]).await;
        assert_eq!((borrows::peek(7), declines::peek(7), stays::peek(7)), (None, None, None));
        assert_eq!([borrows::stats(), declines::stats(), stays::stats()].map(|stats| stats.adopted), [0; 3]);
    })
    .await;
}

#[cached(name = "adoption.recursive", key = "{id}")]
async fn recursive(desk: Desk, id: u64) -> u64 {
    desk.load(&[id]).await.unwrap();
    if id == 0 { 0 } else { Box::pin(recursive(desk, id - 1)).await + 1 }
}

#[tokio::test]
async fn a_function_that_calls_itself_stays_with_its_caller() {
    isolated(async {
        assert_eq!(recursive(Desk::default(), 5).await, 5);
        let desk = Desk::closed();
        leave(recursive(desk.clone(), 7), &desk).await;
        assert_eq!((recursive::peek(7), recursive::stats().adopted), (None, 0));
    })
    .await;
}
