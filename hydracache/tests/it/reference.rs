//! The calls that programs written for earlier releases make, in the forms in which they make them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hydracache::{
    CacheKeyBuilder, CacheOptions, CacheResult, HydraCache, TagSet, cacheable, cacheable_infallible,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Member {
    id: u64,
    name: String,
}

async fn read_member(id: u64) -> Result<Member, std::io::Error> {
    Ok(Member { id, name: format!("member {id}") })
}

#[tokio::test]
async fn the_local_cache_is_used_by_hand() -> CacheResult<()> {
    let cache = HydraCache::local().default_ttl(Duration::from_secs(300)).max_capacity(10_000).build();

    let options = CacheOptions::new().ttl(Duration::from_secs(60)).tags(["member:7", "members"]);
    let member: Member =
        cache.try_get_or_insert_with("member:7", options, || async { read_member(7).await }).await?;
    assert_eq!(member.name, "member 7");
    cache.invalidate_tag("member:7").await?;
    assert!(!cache.contains_key("member:7").await);

    let members = cache.typed::<Member>("members");
    let key = CacheKeyBuilder::new().tenant(3).entity("member", 7);
    let typed = members
        .get_or_insert_with(
            &key.build_string(),
            CacheOptions::new().tag_set(TagSet::new().tenant(3).entity("member", 7)),
            || async { Member { id: 7, name: "typed".to_owned() } },
        )
        .await?;
    assert_eq!(typed.name, "typed");
    assert_eq!(cache.get::<Member>("members:tenant:3:member:7").await?, Some(typed));
    cache.remove("members:tenant:3:member:7").await?;
    cache.flush().await?;
    Ok(())
}

#[tokio::test]
async fn a_cached_expression_names_its_key_tags_and_loader() -> CacheResult<()> {
    let cache = HydraCache::local().build();
    let id = 42_u64;
    let key = CacheKeyBuilder::new().entity("profile", id).build_string();
    let profile = cacheable!(
        cache = cache,
        key = key.as_str(),
        tags = TagSet::new().tag("profiles").entity("profile", id),
        ttl_secs = 60,
        load = move || async move { Ok::<_, std::io::Error>(Member { id, name: "Ada".to_owned() }) },
    )
    .await?;
    assert_eq!(profile.id, 42);
    cache.invalidate_tag("profile:42").await?;
    assert_eq!(cache.get::<Member>(&key).await?, None);

    let value = cacheable!(
        cache = &cache,
        key = "expensive",
        tag = "expensive",
        tag = "slow",
        ttl = "1m",
        load = || async { Err::<u64, _>(std::io::Error::other("not today")) },
    )
    .await;
    let error = value.unwrap_err();
    assert_eq!(error.downcast_ref::<std::io::Error>().unwrap().to_string(), "not today");

    let options = CacheOptions::new().tag("profiles");
    let total =
        cacheable_infallible!(cache = cache, key = "count", options = options, load = || async { 1_u64 })
            .await?;
    assert_eq!(total, 1);
    cache.invalidate_tags(["slow", "profiles"]).await?;
    assert!(!cache.contains_key("count").await);
    Ok(())
}

#[tokio::test]
async fn diagnostics_tell_that_the_second_call_was_a_hit() -> CacheResult<()> {
    static LOADS: AtomicU32 = AtomicU32::new(0);
    let cache = HydraCache::local().build();
    for _ in 0..2 {
        let value = cacheable_infallible!(
            cache = cache,
            key = "expensive:42",
            tags = ["expensive"],
            ttl_secs = 60,
            load = || async { LOADS.fetch_add(1, Ordering::SeqCst) + 42 },
        )
        .await?;
        assert_eq!(value, 42);
    }
    let diagnostics = cache.diagnostics().await;
    assert_eq!((diagnostics.stats.loads, diagnostics.stats.hits), (1, 1));
    assert_eq!(diagnostics.total_requests(), 2);
    assert_eq!(diagnostics.hit_ratio(), Some(0.5));
    assert!(!diagnostics.is_empty());
    assert_eq!(diagnostics.estimated_entries, 1);
    Ok(())
}
