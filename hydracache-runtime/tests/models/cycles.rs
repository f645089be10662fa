//! Loads that ask for each other: somebody is told, and nobody waits for ever.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hydracache_runtime::{CacheOptions, CacheResult, Error, ErrorKind, HydraCache};
use shuttle::future::{block_on, yield_now};
use shuttle::thread;

use crate::world::join;

/// Loads the first key by asking for the second, and so on.
fn ask(cache: HydraCache, keys: &'static [&'static str]) -> BoxFuture<'static, CacheResult<u8>> {
    async move {
        let Some((key, rest)) = keys.split_first() else { return Ok(7) };
        let next = ask(cache.clone(), rest);
        let load = async {
            yield_now().await;
            next.await
        };
        cache.get_or_load(key, CacheOptions::new(), || load).await
    }
    .boxed()
}

/// Whether an error says that a load waits for itself, itself or as the cause of another.
fn tells_of_a_cycle(error: &Error) -> bool {
    let cause = error.downcast_ref::<Error>();
    error.kind() == ErrorKind::LoadCycle || cause.is_some_and(tells_of_a_cycle)
}

/// Callers that each ask for a chain of keys.
fn chains(chains: &'static [&'static [&'static str]]) -> impl Fn() + Send + Sync + 'static {
    move || {
        let cache = HydraCache::local().max_capacity(64).build();
        join(chains.iter().map(|chain| {
            let cache = cache.clone();
            thread::spawn(move || match block_on(ask(cache, chain)) {
                Ok(value) => assert_eq!(value, 7),
                Err(error) => assert!(tells_of_a_cycle(&error), "{error}"),
            })
        }));
    }
}

hold! {
    two_loads_that_ask_for_each_other_end: chains(&[&["a", "b"], &["b", "a"]]);
    three_loads_in_a_ring_end: chains(&[&["a", "b"], &["b", "c"], &["c", "a"]]);
    loads_that_ask_for_the_same_are_no_cycle: chains(&[&["a", "c"], &["b", "c"], &["c"]]);
}
