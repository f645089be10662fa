//! Several loads of one key at once: each of them may commit while nothing was written.

use std::pin::pin;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, poll};

use crate::support::function::Function;
use crate::support::source::{Gate, Row, Source};
use crate::support::{EVICTIONS, roomy};

#[tokio::test]
async fn a_load_commits_although_a_later_one_took_its_place() {
    for eviction in EVICTIONS {
        let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
        let (first_gate, load) = source.gated();
        let mut first = pin!(function.call(1, || load));
        assert!(poll!(first.as_mut()).is_pending());
        let (second_gate, load) = source.gated();
        let mut second = pin!(function.refresh(1, || load));
        assert!(poll!(second.as_mut()).is_pending());
        assert_eq!(source.loads(), 2, "a refresh loads whatever is under way");
        first_gate.open();
        first.await;
        assert!(function.get(1).is_some(), "{eviction:?}: the first did not wait for the second");
        second_gate.open();
        second.await;
        assert!(function.get(1).is_some(), "{eviction:?}");
        assert_eq!(function.cache.stats().stale_discards, 0, "{eviction:?}");
    }
}

#[tokio::test]
async fn a_stream_of_slow_loads_does_not_keep_the_cache_empty() {
    for eviction in EVICTIONS {
        let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
        let mut under_way: Vec<(Gate, BoxFuture<'static, Row>)> = Vec::new();
        for _ in 0..10 {
            let (gate, load) = source.gated();
            let function = function.clone();
            let mut call = async move { function.refresh(1, || load).await }.boxed();
            assert!(poll!(call.as_mut()).is_pending());
            under_way.push((gate, call));
            // Two loads are always under way, so the older one is never the current one when it returns.
            if under_way.len() > 2 {
                let (gate, call) = under_way.remove(0);
                gate.open();
                call.await;
            }
        }
        assert!(function.get(1).is_some(), "{eviction:?}");
        for (gate, call) in under_way {
            gate.open();
            call.await;
        }
        assert_eq!(function.cache.stats().stale_discards, 0, "{eviction:?}");
    }
}

#[tokio::test]
async fn a_write_stops_all_loads_that_began_before_it_and_none_that_began_after() {
    for eviction in EVICTIONS {
        let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
        let (first_gate, load) = source.gated();
        let mut first = pin!(function.call(1, || load));
        assert!(poll!(first.as_mut()).is_pending());
        let (second_gate, load) = source.gated();
        let mut second = pin!(function.refresh(1, || load));
        assert!(poll!(second.as_mut()).is_pending());
        let now = source.raise();
        function.invalidate(1).await.unwrap();
        let (third_gate, load) = source.gated();
        let mut third = pin!(function.call(1, || load));
        assert!(poll!(third.as_mut()).is_pending());
        assert_eq!(source.loads(), 3);

        first_gate.open();
        first.await;
        assert_eq!(function.get(1), None, "{eviction:?}");
        third_gate.open();
        third.await;
        assert_eq!(function.get(1).unwrap().version, now, "{eviction:?}");
        second_gate.open();
        second.await;
        assert_eq!(function.get(1).unwrap().version, now, "{eviction:?}");
        assert_eq!(function.cache.stats().stale_discards, 2, "{eviction:?}");
    }
}

#[tokio::test]
async fn the_memory_of_a_write_lasts_as_long_as_a_load_that_it_overtook() {
    for eviction in EVICTIONS {
        let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
        let (slow_gate, load) = source.gated();
        let mut slow = pin!(function.call(1, || load));
        assert!(poll!(slow.as_mut()).is_pending());
        source.raise();
        function.invalidate(1).await.unwrap();
        // Loads come and go on the same key while the slow one is still there.
        for _ in 0..10 {
            function.refresh(1, || source.load()).await;
        }
        slow_gate.open();
        assert_eq!(slow.await.version, 0);
        assert_eq!(function.get(1).unwrap().version, 1, "{eviction:?}");
    }
}
