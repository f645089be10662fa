//! Loads that fail: everybody is told, in the way that the error allows, and nobody loads without need.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hydracache_runtime::macro_support::{CarryNothing as _, ErrorProbe, ShareNothing as _};
use hydracache_runtime::{CacheOptions, ErrorKind, HydraCache};
use shuttle::future::{block_on, yield_now};
use shuttle::thread;

use crate::support::function::Function;
use crate::support::source::Row;
use crate::world::join;

const CALLERS: u64 = 3;

/// An error that belongs to the caller whose loader returned it.
#[derive(Debug, PartialEq)]
struct Opaque(u64);

fn cache() -> HydraCache {
    HydraCache::local().max_capacity(64).build()
}

/// Loads of which the first `failing` fail. Whoever is told of a failure is told of one that happened in its time.
fn shared(failing: u64) -> impl Fn() + Send + Sync + 'static {
    move || {
        let (cache, begun) = (cache(), Arc::new(AtomicU64::new(0)));
        let call = {
            let (cache, begun) = (cache.clone(), Arc::clone(&begun));
            move || {
                let load = || {
                    let number = begun.fetch_add(1, Ordering::Relaxed);
                    async move {
                        yield_now().await;
                        if number < failing { Err(io::Error::other(number.to_string())) } else { Ok(number) }
                    }
                };
                block_on(cache.get_or_load("k", CacheOptions::new(), load))
            }
        };
        join((0..CALLERS).map(|_| {
            let call = call.clone();
            thread::spawn(move || match call() {
                Ok(number) => assert!(number >= failing, "a failed load has no value"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Load, "{error}"),
            })
        }));
        let stats = cache.stats();
        let begun = begun.load(Ordering::Relaxed);
        assert_eq!((stats.loads, stats.load_failures), (begun, begun.min(failing)), "{stats:?}");
        assert_eq!(
            (stats.requests(), stats.misses),
            (CALLERS, stats.loads),
            "a call loads or is told: {stats:?}"
        );
    }
}

/// Loads that all fail with errors which cannot be shared: each caller gets that of its own loader.
fn opaque() {
    let (cache, waiting) = (cache(), Arc::new(AtomicU64::new(0)));
    let function = Function::new(cache.clone());
    join((0..CALLERS).map(|number| {
        let (function, waiting) = (function.clone(), Arc::clone(&waiting));
        thread::spawn(move || {
            let sharing = ErrorProbe::<Opaque>::new().sharing(ErrorProbe::<Opaque>::new().carry());
            let load = || async {
                waiting.fetch_add(1, Ordering::Relaxed);
                yield_now().await;
                Err::<Row, _>(Opaque(number))
            };
            assert_eq!(block_on(function.try_call(1, sharing, load)), Err(Opaque(number)));
        })
    }));
    let stats = cache.stats();
    assert_eq!(waiting.load(Ordering::Relaxed), CALLERS, "each loads once");
    assert_eq!(
        (stats.loads, stats.load_failures, stats.requests()),
        (CALLERS, CALLERS, CALLERS),
        "{stats:?}"
    );
    assert!(stats.self_loads < CALLERS, "the first two loads are shared ones: {stats:?}");
}

hold! {
    the_error_of_a_load_is_told_to_all_who_wait: shared(u64::MAX);
    a_load_after_a_failure_is_shared_again: shared(1);
    an_error_that_cannot_be_shared_stays_with_its_caller: opaque;
}
