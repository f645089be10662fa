//! A runtime of its own for each test.

use std::future::Future;

use hydracache::{HydraCache, Runtime};

/// Runs a test in a runtime with a default cache and one that is named `side`.
pub(crate) async fn isolated<F: Future>(test: F) -> F::Output {
    runtime().scope(test).await
}

/// As [`isolated`], without async.
pub(crate) fn isolated_sync<R>(test: impl FnOnce() -> R) -> R {
    runtime().sync_scope(test)
}

fn runtime() -> Runtime {
    runtime_over(HydraCache::local().build())
}

/// A runtime with that default cache and one that is named `side`.
pub(crate) fn runtime_over(default: HydraCache) -> Runtime {
    Runtime::builder().cache(default).named("side", HydraCache::local().name("side").build()).build().unwrap()
}
