//! The schedule in which a later invalidation masks an earlier one, for the suite and for the bug that it uncovers.

use std::pin::pin;

use futures_util::poll;
use hydracache_runtime::HydraCache;

use super::function::{Function, late_tag};
use super::source::{Row, Source};

/// What came out of [`masked_invalidation`].
#[derive(Debug)]
pub(crate) struct Masked {
    /// The version that was acknowledged before the joiner called.
    pub(crate) acknowledged: u64,
    /// What the joiner got.
    pub(crate) joiner: Row,
    /// How many loads there were.
    pub(crate) loads: u64,
}

/// A load reads; the row is written and its late tag invalidated; a caller comes and joins, because nobody knows of
/// that tag yet; the tag is invalidated again; the load returns. Only the later invalidation is left in the cell of
/// the tag then, and the caller must not take that for a proof that nothing happened before it came.
pub(crate) async fn masked_invalidation(cache: &HydraCache) -> Masked {
    let function = Function::new(cache.clone());
    let source = Source::new(1);
    let (gate, load) = source.gated();
    let mut leader = pin!(function.call(1, || load));
    assert!(poll!(leader.as_mut()).is_pending(), "the leader waits at its gate");
    let acknowledged = source.raise();
    cache.invalidate_tag(late_tag(1)).await.expect("an invalidation is applied");

    let mut joiner = pin!(function.call(1, || source.load()));
    assert!(poll!(joiner.as_mut()).is_pending(), "the joiner waits for the leader");
    assert_eq!(source.loads(), 1, "the joiner joined");
    cache.invalidate_tag(late_tag(1)).await.expect("an invalidation is applied");

    gate.open();
    assert_eq!(leader.await.version, 0, "the leader gets what it loaded");
    let joiner = joiner.await;
    Masked { acknowledged, joiner, loads: source.loads() }
}
