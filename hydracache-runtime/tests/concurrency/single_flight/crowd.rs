//! Many callers on one missing key.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::join_all;
use hydracache_runtime::{CacheOptions, Eviction};
use tokio::task::yield_now;

use crate::support::source::Source;
use crate::support::{EVICTIONS, roomy, within};

const CALLERS: u64 = 1_000;
const ROUNDS: u64 = 1_000;

#[test]
fn a_thousand_callers_cause_one_load_in_each_of_a_thousand_rounds() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build().unwrap();
    runtime.block_on(within("a crowd", async {
        let cache = roomy(Eviction::S3Fifo);
        for round in 0..ROUNDS {
            let loads = Arc::new(AtomicU64::new(0));
            let calls = (0..CALLERS).map(|_| {
                let (cache, loads) = (cache.clone(), Arc::clone(&loads));
                tokio::spawn(async move {
                    let load = || async move {
                        loads.fetch_add(1, Ordering::SeqCst);
                        // Others arrive while it is under way.
                        yield_now().await;
                        round
                    };
                    cache.get_or_insert_with(format!("k{round}"), CacheOptions::new(), load).await
                })
            });
            for call in join_all(calls).await {
                assert_eq!(call.unwrap().unwrap(), round);
            }
            assert_eq!(loads.load(Ordering::SeqCst), 1, "round {round}");
        }
        let stats = cache.stats();
        assert_eq!((stats.requests(), stats.loads), (CALLERS * ROUNDS, ROUNDS), "each call is counted once");
        assert!(stats.joins > 0, "no call waited for another");
    }));
}

#[tokio::test]
async fn all_who_come_while_a_key_is_loaded_wait_for_that_load() {
    for eviction in EVICTIONS {
        let (cache, source) = (roomy(eviction), Source::new(1));
        let (gate, load) = source.gated();
        let mut gated = Some(load);
        let calls: Vec<_> = (0..CALLERS)
            .map(|_| {
                let (cache, source, gated) = (cache.clone(), Arc::clone(&source), gated.take());
                tokio::spawn(async move {
                    let load = || async move {
                        match gated {
                            Some(load) => load.await,
                            None => source.load().await,
                        }
                    };
                    cache.get_or_insert_with("k", CacheOptions::new(), load).await
                })
            })
            .collect();
        let all_wait = async {
            while cache.stats().joins < CALLERS - 1 {
                yield_now().await;
            }
        };
        within("callers on their way", all_wait).await;
        assert_eq!(source.loads(), 1, "{eviction:?}");
        gate.open();
        for call in join_all(calls).await {
            assert_eq!(call.unwrap().unwrap(), source.row());
        }
        assert_eq!(source.loads(), 1, "{eviction:?}");
    }
}
