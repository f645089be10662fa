//! One call of a cache as a list of keys.

#![deny(warnings)]

use std::time::Duration;

use hydracache::{CacheOptions, HydraCache, TagSet, cacheable, cacheable_infallible};

#[derive(Debug)]
struct Failure;

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

impl std::error::Error for Failure {}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let cache = &HydraCache::local().build();
    for _ in 0..2 {
        let value = cacheable!(
            cache = cache,
            key = "user:42",
            tag = "users",
            tag = "all",
            tags = ["user:42"],
            ttl = "5m",
            load = || async { Ok::<_, Failure>(42_u64) },
        )
        .await;
        assert_eq!(value.unwrap(), 42);
    }
    assert_eq!(cache.stats().loads, 1);
    let id = 7;
    let value = cacheable_infallible!(
        cache = cache,
        key = format!("user:{id}"),
        options = CacheOptions::new().tag("users"),
        tags = TagSet::new().entity("user", id),
        ttl_secs = 5 * 60,
        load = move || async move { id },
    );
    assert_eq!(value.await.unwrap(), 7);
    let ttl = Duration::from_secs(1);
    let value = cacheable_infallible!(cache = cache, key = "x", ttl = ttl, load = || async { 1_u8 }).await;
    assert_eq!(value.unwrap(), 1);
}
