//! A load × everything that can overtake it.

use std::pin::pin;

use futures_util::poll;

use super::Desk;
use crate::support::EVICTIONS;
use crate::support::source::Source;
use crate::support::stress::Upset;

/// Whether there is a new value after it.
fn puts(upset: Upset) -> bool {
    matches!(upset, Upset::Put | Upset::Intent)
}

/// The load returns after the upset: its caller gets what it loaded, and nobody else ever does.
async fn keeps_what_it_loaded_to_itself(upset: Upset) {
    for eviction in EVICTIONS {
        let (desk, source) = (Desk::new(eviction), Source::new(1));
        let (gate, load) = source.gated();
        let mut overtaken = pin!(desk.call(load));
        assert!(poll!(overtaken.as_mut()).is_pending());
        let now = source.raise();
        desk.upset(upset, source.row()).await;
        gate.open();
        assert_eq!(overtaken.await.unwrap().version, 0, "its own caller gets what it loaded");
        assert_eq!(desk.cache.stats().stale_discards, 1, "it stored nothing");
        let left = desk.get().await.map(|row| row.version);
        assert_eq!(left, puts(upset).then_some(now), "{eviction:?}");
        assert_eq!(desk.call(source.load()).await.unwrap().version, now, "{eviction:?}");
        assert_eq!(desk.get().await.unwrap().version, now, "the next load is stored");
    }
}

/// A caller that comes after the upset gets the new version, and it stays whichever load returns last.
async fn serves_no_later_caller(upset: Upset) {
    for eviction in EVICTIONS {
        for overtaken_returns_first in [true, false] {
            let (desk, source) = (Desk::new(eviction), Source::new(1));
            let (old_gate, load) = source.gated();
            let mut overtaken = pin!(desk.call(load));
            assert!(poll!(overtaken.as_mut()).is_pending());
            let now = source.raise();
            desk.upset(upset, source.row()).await;

            let (new_gate, load) = source.gated();
            let mut later = pin!(desk.call(load));
            if puts(upset) {
                assert_eq!(later.await.unwrap().version, now, "it finds what was put");
                old_gate.open();
                assert_eq!(overtaken.await.unwrap().version, 0);
            } else {
                assert!(poll!(later.as_mut()).is_pending());
                assert_eq!(source.loads(), 2, "it does not join the overtaken load");
                let gates = if overtaken_returns_first { [old_gate, new_gate] } else { [new_gate, old_gate] };
                let mut versions = Vec::new();
                for (gate, first) in
                    gates.into_iter().zip([overtaken_returns_first, !overtaken_returns_first])
                {
                    gate.open();
                    let row = if first { overtaken.as_mut().await } else { later.as_mut().await };
                    versions.push((first, row.unwrap().version));
                }
                versions.sort_unstable();
                assert_eq!(versions, [(false, now), (true, 0)], "each caller gets what its load read");
            }
            assert_eq!(desk.get().await.unwrap().version, now, "{eviction:?}");
        }
    }
}

/// What happened before a load began does it no harm.
async fn does_not_harm_a_load_that_begins_afterwards(upset: Upset) {
    for eviction in EVICTIONS {
        let (desk, source) = (Desk::new(eviction), Source::new(1));
        desk.call(source.load()).await.unwrap();
        let now = source.raise();
        desk.upset(upset, source.row()).await;
        assert_eq!(desk.call(source.load()).await.unwrap().version, now, "{eviction:?}");
        assert_eq!(desk.get().await.unwrap().version, now, "{eviction:?}");
        assert_eq!(desk.cache.stats().stale_discards, 0, "{eviction:?}");
    }
}

macro_rules! overtaken_by {
    ($($name:ident: $upset:expr),* $(,)?) => {$(
        mod $name {
            use crate::support::stress::Upset;

            #[tokio::test]
            async fn keeps_what_it_loaded_to_itself() {
                super::keeps_what_it_loaded_to_itself($upset).await;
            }

            #[tokio::test]
            async fn serves_no_later_caller() {
                super::serves_no_later_caller($upset).await;
            }

            #[tokio::test]
            async fn does_not_harm_a_load_that_begins_afterwards() {
                super::does_not_harm_a_load_that_begins_afterwards($upset).await;
            }
        }
    )*};
}

overtaken_by! {
    a_load_overtaken_by_the_invalidation_of_its_key: Upset::Key,
    a_load_overtaken_by_the_invalidation_of_its_tag: Upset::Tag,
    a_load_overtaken_by_a_clear_of_its_namespace: Upset::Clear,
    a_load_overtaken_by_a_flush: Upset::Flush,
    a_load_overtaken_by_an_expiry: Upset::Expire,
    a_load_overtaken_by_a_put: Upset::Put,
    a_load_overtaken_by_the_invalidation_of_its_prefix: Upset::Prefix,
    a_load_overtaken_by_a_put_that_was_announced: Upset::Intent,
}

#[tokio::test]
async fn a_fill_does_not_overtake_the_load_of_its_key() {
    for eviction in EVICTIONS {
        let (desk, source) = (Desk::new(eviction), Source::new(1));
        let token = desk.cache.fill_token("rows:k").unwrap();
        let read = source.row();
        source.raise();
        let (gate, load) = source.gated();
        let mut loading = pin!(desk.call(load));
        assert!(poll!(loading.as_mut()).is_pending());
        assert!(!desk.cache.fill(&token, read, super::tagged()).unwrap(), "the key is being loaded");
        gate.open();
        assert_eq!(loading.await.unwrap().version, 1);
        assert_eq!(desk.get().await.unwrap().version, 1, "the load was not disturbed");
    }
}

#[tokio::test]
async fn a_put_outlasts_every_load_that_began_before_it() {
    for (eviction, upset) in EVICTIONS.into_iter().flat_map(|it| [(it, Upset::Put), (it, Upset::Intent)]) {
        let (desk, source) = (Desk::new(eviction), Source::new(1));
        let (gate, load) = source.gated();
        let mut leader = pin!(desk.call(load));
        assert!(poll!(leader.as_mut()).is_pending());
        let mut joiner = pin!(desk.call(source.load()));
        assert!(poll!(joiner.as_mut()).is_pending());
        source.raise();
        desk.upset(upset, source.row()).await;
        gate.open();
        leader.await.unwrap();
        joiner.await.unwrap();
        assert_eq!(desk.get().await.unwrap().version, 1, "{eviction:?}");
        assert_eq!(source.loads(), 1, "{eviction:?}");
    }
}

#[tokio::test]
async fn a_dead_entry_is_not_served_while_its_successor_loads() {
    for upset in [Upset::Key, Upset::Tag, Upset::Clear, Upset::Flush, Upset::Expire, Upset::Prefix] {
        for eviction in EVICTIONS {
            let (desk, source) = (Desk::new(eviction), Source::new(1));
            desk.call(source.load()).await.unwrap();
            source.raise();
            desk.upset(upset, source.row()).await;
            let (gate, load) = source.gated();
            let mut loading = pin!(desk.call(load));
            assert!(poll!(loading.as_mut()).is_pending());
            assert_eq!(desk.get().await, None, "{upset:?}");
            assert_eq!(desk.rows.peek("k").unwrap(), None, "{upset:?}");
            assert!(!desk.rows.contains_key("k").await, "{upset:?}");
            gate.open();
            loading.await.unwrap();
            assert_eq!(desk.get().await.unwrap().version, 1, "{upset:?}");
        }
    }
}
