//! Many callers of one missing key at the same time: how often the loader runs.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cached::macros::{cached as cached_by, concurrent_cached};
use foyer_memory::{Cache as Foyer, CacheBuilder};
use hydracache::{CacheOptions, HydraCache, cached};
use tokio::task::yield_now;

use crate::contestants::ours;
use crate::number::whole;
use crate::rounds::Effort;
use crate::table::Section;
use crate::workload::{Failure, Ids, Record, key};

const CALLERS: u64 = 1_000;

/// One run: who has come, and who has loaded.
#[derive(Debug, Default)]
struct Crowd {
    arrived: AtomicU64,
    loads: AtomicU64,
}

impl Crowd {
    /// The loader: it does not end before every caller has come.
    async fn load(&self, id: u64) -> Record {
        self.loads.fetch_add(1, Ordering::SeqCst);
        while self.arrived.load(Ordering::SeqCst) < CALLERS {
            yield_now().await;
        }
        Record::of(id)
    }
}

type Call = Pin<Box<dyn Future<Output = Record> + Send>>;
type Ask = Box<dyn Fn(Arc<Crowd>, u64) -> Call + Send + Sync>;

/// Lets a thousand tasks ask for one key and returns how often it was loaded.
fn run(runtime: &tokio::runtime::Runtime, ask: &Ask) -> u64 {
    let crowd = Arc::new(Crowd::default());
    let id = Ids::Fresh.take(1).next();
    runtime.block_on(async {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let call = ask(Arc::clone(&crowd), id);
                let crowd = Arc::clone(&crowd);
                tokio::spawn(async move {
                    crowd.arrived.fetch_add(1, Ordering::SeqCst);
                    call.await
                })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.expect("a caller does not panic"), Record::of(id));
        }
    });
    crowd.loads.load(Ordering::SeqCst)
}

pub(crate) fn measure(effort: Effort) -> Section {
    let runs = if effort.quick { 5 } else { 50 };
    let mut section = Section::new(format!("{} callers on one missing key: loads", whole(CALLERS)));
    section.note(format!(
        "{runs} runs with a key of their own each, on a runtime with a thread for each core. The loader waits until \
         every caller has come."
    ));
    section.table(&["", "fewest loads", "most loads"]);
    let mut own = Vec::new();
    for (name, ask) in askers() {
        let loads = loads(&ask, runs);
        let (fewest, most) = (loads.iter().min().unwrap_or(&0), loads.iter().max().unwrap_or(&0));
        section.line(vec![name.to_owned(), fewest.to_string(), most.to_string()]);
        if name == OURS || name == OURS_BY_HAND {
            own.push((name, (*fewest, *most)));
        }
    }
    for (name, range) in own {
        section.holds(
            format!("{name}: exactly one load in each run"),
            format!("{} to {}", range.0, range.1),
            range == (1, 1),
        );
    }
    section
}

fn loads(ask: &Ask, runs: u64) -> Vec<u64> {
    let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("threads can be started");
    (0..runs).map(|_| run(&runtime, ask)).collect()
}

const OURS: &str = "`#[cached]` async";
const OURS_BY_HAND: &str = "HydraCache `get_or_load`";
const UNSYNCHRONISED: &str = "`cached`: `concurrent_cached`";

#[cached(crate = ::hydracache, name = "crowd.get", key = "user:{id}")]
async fn user(crowd: Arc<Crowd>, id: u64) -> Result<Record, Failure> {
    Ok(crowd.load(id).await)
}

#[concurrent_cached(key = "String", convert = { key(id).to_string() })]
async fn user_unsynchronised(crowd: Arc<Crowd>, id: u64) -> Result<Record, Failure> {
    Ok(crowd.load(id).await)
}

#[cached_by(sync_writes = "by_key", key = "String", convert = { key(id).to_string() })]
async fn user_synchronised(crowd: Arc<Crowd>, id: u64) -> Result<Record, Failure> {
    Ok(crowd.load(id).await)
}

#[public_hydracache::cacheable(cache = cache, key_segments = ["user", id], tag = "users")]
async fn public(cache: public_hydracache::HydraCache, crowd: Arc<Crowd>, id: u64) -> Result<Record, Failure> {
    Ok(crowd.load(id).await)
}

fn asks<F: Future<Output = Record> + Send + 'static>(
    ask: impl Fn(Arc<Crowd>, u64) -> F + Send + Sync + 'static,
) -> Ask {
    Box::new(move |crowd, id| Box::pin(ask(crowd, id)))
}

/// Everyone who can load once for many, and `cached` without being told to.
fn askers() -> Vec<(&'static str, Ask)> {
    const NEVER: &str = "the loader does not fail";
    ours::install();
    let by_hand = HydraCache::local().build();
    let quick: Arc<quick_cache::sync::Cache<String, Record>> =
        Arc::new(quick_cache::sync::Cache::new(10_000));
    let moka: moka::future::Cache<String, Record> = moka::future::Cache::new(10_000);
    let foyer: Foyer<String, Record> = CacheBuilder::new(10_000).build();
    let released = public_hydracache::HydraCache::local().max_capacity(1 << 20).build();
    vec![
        (OURS, asks(async |crowd, id| user(crowd, id).await.expect(NEVER))),
        (
            OURS_BY_HAND,
            asks(move |crowd, id| {
                let cache = by_hand.clone();
                async move {
                    let load = move || async move { Ok::<_, Failure>(crowd.load(id).await) };
                    cache.get_or_load(key(id), CacheOptions::new(), load).await.expect(NEVER)
                }
            }),
        ),
        (
            "quick_cache `get_or_insert_async`",
            asks(move |crowd, id| {
                let cache = Arc::clone(&quick);
                async move {
                    let load = async { Ok::<_, Failure>(crowd.load(id).await) };
                    cache.get_or_insert_async(key(id).as_str(), load).await.expect(NEVER)
                }
            }),
        ),
        (
            "moka (future) `try_get_with`",
            asks(move |crowd, id| {
                let cache = moka.clone();
                async move {
                    let load = async { Ok::<_, Failure>(crowd.load(id).await) };
                    cache.try_get_with(key(id).to_string(), load).await.expect(NEVER)
                }
            }),
        ),
        (
            "foyer (memory) `get_or_fetch`",
            asks(move |crowd, id| {
                let cache = foyer.clone();
                async move {
                    let load = move || async move { Ok::<_, Failure>(crowd.load(id).await) };
                    cache.get_or_fetch(key(id).as_str(), load).await.expect(NEVER).value().clone()
                }
            }),
        ),
        (UNSYNCHRONISED, asks(async |crowd, id| user_unsynchronised(crowd, id).await.expect(NEVER))),
        (
            "`cached`: `cached(sync_writes = \"by_key\")`",
            asks(async |crowd, id| user_synchronised(crowd, id).await.expect(NEVER)),
        ),
        (
            "public hydracache `#[cacheable]`",
            asks(move |crowd, id| {
                let cache = released.clone();
                async move { public(cache, crowd, id).await.expect(NEVER) }
            }),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_who_can_loads_once_and_the_count_tells_who_cannot() {
        for (name, ask) in askers() {
            let loads = loads(&ask, 3);
            // Those of the first may find what the others have stored.
            let right = |&loads: &u64| if name == UNSYNCHRONISED { loads > CALLERS / 2 } else { loads == 1 };
            assert!(loads.iter().all(right), "{name}: {loads:?}");
        }
    }
}
