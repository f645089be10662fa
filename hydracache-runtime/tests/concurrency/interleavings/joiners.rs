//! Who waited for a load, and whether what it returned is new enough for them.

use std::pin::pin;

use futures_util::poll;

use super::Desk;
use crate::support::function::{Function, late_tag};
use crate::support::joiner::masked_invalidation;
use crate::support::source::Source;
use crate::support::stress::Upset;
use crate::support::{EVICTIONS, roomy};

#[tokio::test]
async fn a_joiner_shares_a_load_that_nothing_overtook() {
    for eviction in EVICTIONS {
        let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
        let (gate, load) = source.gated();
        let mut leader = pin!(function.call(1, || load));
        assert!(poll!(leader.as_mut()).is_pending());
        let mut joiner = pin!(function.call(1, || source.load()));
        assert!(poll!(joiner.as_mut()).is_pending());
        // What does not concern the row does not concern those who wait for it.
        function.cache.invalidate_tag(late_tag(2)).await.unwrap();
        function.invalidate(2).await.unwrap();
        gate.open();
        assert_eq!(leader.await, joiner.await);
        assert_eq!((source.loads(), function.cache.stats().rejoins), (1, 0), "{eviction:?}");
        assert_eq!(function.cache.stats().joins, 1);
    }
}

#[tokio::test]
async fn a_joiner_that_came_after_the_invalidation_of_a_late_tag_loads_again() {
    for eviction in EVICTIONS {
        let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
        let (gate, load) = source.gated();
        let mut leader = pin!(function.call(1, || load));
        assert!(poll!(leader.as_mut()).is_pending());
        let now = source.raise();
        function.cache.invalidate_tag(late_tag(1)).await.unwrap();
        let mut joiner = pin!(function.call(1, || source.load()));
        assert!(poll!(joiner.as_mut()).is_pending());
        gate.open();
        assert_eq!(leader.await.version, 0);
        assert_eq!(joiner.await.version, now, "{eviction:?}");
        assert_eq!(function.get(1).unwrap().version, now, "{eviction:?}");
    }
}

#[tokio::test]
async fn a_later_invalidation_does_not_mask_an_earlier_one() {
    for eviction in EVICTIONS {
        let cache = roomy(eviction);
        let masked = masked_invalidation(&cache).await;
        assert!(masked.joiner.version >= masked.acknowledged, "{eviction:?}: {masked:?}");
        assert_eq!(masked.loads, 2, "{eviction:?}: the joiner loaded once");
        assert_eq!(cache.stats().rejoins, 1, "{eviction:?}");
    }
}

#[tokio::test]
async fn a_joiner_waits_at_most_one_round_more() {
    for eviction in EVICTIONS {
        let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
        let (first_gate, load) = source.gated();
        let mut first = pin!(function.call(1, || load));
        assert!(poll!(first.as_mut()).is_pending());
        let acknowledged = source.raise();
        function.cache.invalidate_tag(late_tag(1)).await.unwrap();
        let mut joiner = pin!(function.call(1, || source.load()));
        assert!(poll!(joiner.as_mut()).is_pending());
        first_gate.open();
        first.await;

        // Somebody else is quicker and leads the second load, so the joiner joins again.
        let (second_gate, load) = source.gated();
        let mut second = pin!(function.call(1, || load));
        assert!(poll!(second.as_mut()).is_pending());
        assert!(poll!(joiner.as_mut()).is_pending());
        source.raise();
        function.cache.invalidate_tag(late_tag(1)).await.unwrap();
        second_gate.open();
        second.await;

        // The second load was overtaken too, but it began after the joiner came.
        let row = joiner.await;
        assert_eq!(row.version, acknowledged, "{eviction:?}: it accepts what began after it came");
        assert_eq!((source.loads(), function.cache.stats().rejoins), (2, 1), "{eviction:?}");
        assert_eq!(function.get(1), None, "what was overtaken is served to those who waited and nobody else");
    }
}

#[tokio::test]
async fn one_load_serves_all_who_have_to_load_again() {
    for eviction in EVICTIONS {
        let (function, source) = (Function::new(roomy(eviction)), Source::new(1));
        let (gate, load) = source.gated();
        let mut leader = pin!(function.call(1, || load));
        assert!(poll!(leader.as_mut()).is_pending());
        source.raise();
        function.cache.invalidate_tag(late_tag(1)).await.unwrap();
        let calls: Vec<_> = (0..100).map(|_| Box::pin(function.call(1, || source.load()))).collect();
        let mut joiners = pin!(futures_util::future::join_all(calls));
        assert!(poll!(joiners.as_mut()).is_pending());
        gate.open();
        leader.await;
        assert!(joiners.await.iter().all(|row| row.version == 1), "{eviction:?}");
        assert_eq!(source.loads(), 2, "{eviction:?}");
    }
}

#[tokio::test]
async fn a_joiner_that_came_before_is_not_failed_by_what_overtakes_the_load() {
    for upset in [
        Upset::Key,
        Upset::Tag,
        Upset::Clear,
        Upset::Flush,
        Upset::Expire,
        Upset::Put,
        Upset::Prefix,
        Upset::Intent,
    ] {
        for eviction in EVICTIONS {
            let (desk, source) = (Desk::new(eviction), Source::new(1));
            let (gate, load) = source.gated();
            let mut leader = pin!(desk.call(load));
            assert!(poll!(leader.as_mut()).is_pending());
            let mut joiner = pin!(desk.call(source.load()));
            assert!(poll!(joiner.as_mut()).is_pending());
            source.raise();
            desk.upset(upset, source.row()).await;
            gate.open();
            assert_eq!(leader.await.unwrap().version, 0, "{upset:?}");
            joiner.await.unwrap();
            // Either version answers its call; what is left in the cache is the new one or none.
            assert_ne!(desk.get().await.map(|row| row.version), Some(0), "{upset:?}");
            assert!(source.loads() <= 2, "{upset:?}: one round more at most");
        }
    }
}
