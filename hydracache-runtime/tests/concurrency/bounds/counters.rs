//! Whose numbers a call is part of.

use std::convert::Infallible;

use hydracache_runtime::macro_support::{
    self, Access, CallSite, ErrorProbe, Facts, InPlace, Lookup, PLAIN, Request, Settings, ShareClone as _,
    Submitted, ValueOnly, inventory,
};
use hydracache_runtime::{CacheChoice, CacheOptions, Eviction, HydraCache};

use crate::support::roomy;

/// A function whose cache is an expression.
static SITE: CallSite = CallSite::new(Facts {
    name: "elsewhere.get",
    version: 0,
    cache: CacheChoice::Expression,
    key: "",
    tags: &[],
    ttl: None,
    arguments: &[],
    value_type: None,
    is_async: true,
    memory_only: false,
    has_weight: false,
    refresh: hydracache_runtime::RefreshOptions::new(),
    settings: &[],
    package: env!("CARGO_PKG_NAME"),
    module: module_path!(),
    file: file!(),
    line: line!(),
});

inventory::submit!(Submitted(&SITE));

async fn call(cache: &HydraCache) -> u64 {
    let access = Access::encodable();
    match macro_support::lookup::<u64, ValueOnly>(&SITE, access, Some(cache), |key, _| key.push_raw("k")) {
        Lookup::Hit(value) => value,
        Lookup::Miss(miss) => {
            let settings = Settings { options: CacheOptions::new(), finish: None };
            let sharing = (&&&ErrorProbe::<Infallible>::new()).sharing(None);
            let request = Request { site: &SITE, access, settings, sharing, anew: false };
            let Ok(loaded) = InPlace.load::<PLAIN, u64, _, _>(miss, request, async || 1).await;
            loaded.into_value()
        }
    }
}

#[tokio::test]
async fn a_call_counts_in_the_cache_that_it_uses() {
    let (used, other) = (roomy(Eviction::S3Fifo), roomy(Eviction::S3Fifo));
    call(&used).await;
    call(&used).await;
    call(&other).await;
    let (used, other) = (used.stats(), other.stats());
    assert_eq!((used.misses, used.loads, used.hits), (1, 1, 1), "of the cache that served both calls");
    assert_eq!((other.misses, other.loads, other.hits), (1, 1, 0), "of the cache that served one");
    assert_eq!(macro_support::stats(&SITE).requests(), 3, "of the function");
}
