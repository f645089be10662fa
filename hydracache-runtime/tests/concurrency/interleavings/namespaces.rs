//! Views that share entries with raw keys, and what a clear means for either.

use std::pin::pin;

use futures_util::poll;
use hydracache_runtime::CacheOptions;

use super::{Desk, tagged};
use crate::support::EVICTIONS;
use crate::support::source::Source;

#[tokio::test]
async fn a_raw_entry_under_a_key_of_a_view_is_hidden_from_it_by_a_clear() {
    for eviction in EVICTIONS {
        let (desk, source) = (Desk::new(eviction), Source::new(1));
        desk.cache.put("rows:k", source.row(), tagged()).await.unwrap();
        assert!(desk.get().await.is_some(), "it is the same entry");
        source.raise();
        desk.rows.clear().await.unwrap();
        assert_eq!(desk.get().await, None, "{eviction:?}");
        assert_eq!(desk.call(source.load()).await.unwrap().version, 1, "{eviction:?}");
        assert_eq!(source.loads(), 1, "{eviction:?}");
    }
}

#[tokio::test]
async fn a_raw_load_under_a_key_of_a_view_is_not_joined_after_a_clear() {
    for eviction in EVICTIONS {
        let (desk, source) = (Desk::new(eviction), Source::new(1));
        let (gate, load) = source.gated();
        let mut raw = pin!(desk.cache.get_or_insert_with("rows:k", tagged(), || load));
        assert!(poll!(raw.as_mut()).is_pending());
        source.raise();
        desk.rows.clear().await.unwrap();
        let (view_gate, load) = source.gated();
        let mut call = pin!(desk.call(load));
        assert!(poll!(call.as_mut()).is_pending());
        gate.open();
        raw.await.unwrap();
        view_gate.open();
        assert_eq!(call.await.unwrap().version, 1, "{eviction:?}");
        assert_eq!(desk.get().await.unwrap().version, 1, "{eviction:?}");
    }
}

#[tokio::test]
async fn a_raw_load_that_lands_after_a_clear_is_hidden_from_the_view() {
    for eviction in EVICTIONS {
        let (desk, source) = (Desk::new(eviction), Source::new(1));
        let (gate, load) = source.gated();
        let mut raw = pin!(desk.cache.get_or_insert_with("rows:k", tagged(), || load));
        assert!(poll!(raw.as_mut()).is_pending());
        source.raise();
        desk.rows.clear().await.unwrap();
        gate.open();
        raw.await.unwrap();
        assert_eq!(desk.get().await, None, "{eviction:?}");
        assert_eq!(desk.call(source.load()).await.unwrap().version, 1, "{eviction:?}");
    }
}

#[tokio::test]
async fn clearing_one_namespace_leaves_its_neighbours() {
    for eviction in EVICTIONS {
        let (desk, source) = (Desk::new(eviction), Source::new(1));
        let neighbour = desk.cache.typed::<u8>("rows2");
        neighbour.put("k", 1, CacheOptions::new()).await.unwrap();
        let (gate, load) = source.gated();
        let mut call = pin!(desk.call(load));
        assert!(poll!(call.as_mut()).is_pending());
        neighbour.clear().await.unwrap();
        gate.open();
        call.await.unwrap();
        assert!(desk.get().await.is_some(), "{eviction:?}");
        assert_eq!(neighbour.get("k").await.unwrap(), None, "{eviction:?}");
    }
}
