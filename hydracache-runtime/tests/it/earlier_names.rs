//! Names of earlier releases, which programs written for them use.

use std::error::Error as _;

use futures_util::future::join;
use hydracache_runtime::{CacheError, CacheKeyBuilder, CacheResult, ErrorKind, HydraCache, TagSet};
use tokio::sync::oneshot;

use crate::support::{plain, tagged};

#[test]
fn the_error_of_a_backend_is_written_like_a_variant() {
    let error: CacheError = CacheError::Backend("the bus is gone");
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Backend, "the bus is gone"));
    assert!(error.source().is_none());
    let fail = |text: String| -> CacheResult<u8> { Err(CacheError::Backend(text)) };
    assert_eq!(fail("owned text".to_owned()).unwrap_err().clone().to_string(), "owned text");
}

#[tokio::test]
async fn the_helpers_of_diagnostics_answer() {
    let cache = HydraCache::local().build();
    let diagnostics = cache.diagnostics().await;
    assert!(diagnostics.is_empty());
    assert_eq!((diagnostics.total_requests(), diagnostics.hit_ratio()), (0, None));
    assert_eq!(diagnostics.estimated_entries, 0);

    let (tell, told) = oneshot::channel::<u8>();
    let leader = cache.try_get_or_insert_with("k", tagged("t"), || told);
    let second = async {
        let joiner = cache.get_or_load("k", tagged("t"), || async { Ok::<_, CacheError>(9_u8) });
        let overtake = async {
            cache.invalidate_tag("t").await.unwrap();
            tell.send(1).unwrap();
        };
        join(joiner, overtake).await.0
    };
    let (first, second) = join(leader, second).await;
    first.unwrap();
    second.unwrap();
    let diagnostics = cache.diagnostics().await;
    assert!(diagnostics.has_single_flight_activity());
    assert!(diagnostics.has_stale_load_discards());
    assert_eq!(diagnostics.total_requests(), diagnostics.stats.total_requests());
    assert_eq!(diagnostics.stats.total_requests(), diagnostics.stats.requests());
}

#[tokio::test]
async fn a_loaders_failure_keeps_the_users_error() {
    let cache = HydraCache::local().build();
    let error =
        cache.get_or_load("k", plain(), || async { Err::<u8, _>(std::fmt::Error) }).await.unwrap_err();
    assert!(error.downcast_ref::<std::fmt::Error>().is_some());
    assert!(error.downcast_ref::<std::io::Error>().is_none());
    let anyhow =
        cache.get_or_load("k", plain(), || async { Err::<u8, _>(anyhow::anyhow!("any kind")) }).await;
    assert_eq!(anyhow.unwrap_err().load_error().unwrap().to_string(), "any kind");
}

#[tokio::test]
async fn keys_and_tags_are_built_as_before() {
    let key = CacheKeyBuilder::new().tenant(7).entity("user", 42).segment("profile").build();
    assert_eq!(key.as_str(), "tenant:7:user:42:profile");
    let text = CacheKeyBuilder::new().tenant(7).entity("user", 42).segment("profile").build_string();
    assert_eq!(key.to_string(), text);
    let cache = HydraCache::local().build();
    cache
        .put(key.as_str(), 1_u8, plain().tag_set(TagSet::new().tag("users").entity("user", 42).tenant(7)))
        .await
        .unwrap();
    cache.invalidate_tag("tenant:7").await.unwrap();
    assert!(!cache.contains_key(key).await);
}
