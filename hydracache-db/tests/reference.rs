//! The database programs of earlier releases, with other import paths, and `Clone` where a value is cached.
#![cfg(all(feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod servers;

use std::time::Duration;

use hydracache_db::sqlx as hydracache_sqlx;
use hydracache_db::{CacheEntity, HydraCacheEntity};
use hydracache_runtime::HydraCache;

#[derive(Clone, serde::Serialize, serde::Deserialize, HydraCacheEntity)]
#[hydracache(entity = "user", collection = "users", id = i64)]
struct User {
    id: i64,
    name: String,
}

fn queries() -> hydracache_sqlx::DbCache {
    hydracache_sqlx::DbCache::new(HydraCache::local().build(), "db")
}

fn loads(queries: &hydracache_db::DbCache) -> u64 {
    queries.cache().stats().loads
}

#[tokio::test]
async fn reads_by_queries_of_sqlx() {
    use hydracache_sqlx::{DbCache, SqlxQueryExt};

    async fn example(pool: sqlx::PgPool) -> hydracache_sqlx::Result<()> {
        let local = HydraCache::local().build();
        let queries = DbCache::new(local, "db");
        let (id, name): (i64, String) = queries
            .entity::<(i64, String)>("user", 42)
            .collection_tag("users")
            .sqlx_one(pool.clone(), sqlx::query_as("select id, name from users where id = $1").bind(42_i64))
            .await?;
        assert_eq!(id, 42);
        assert!(!name.is_empty());
        let users: Vec<(i64, String)> = queries
            .collection::<(i64, String)>("users")
            .sqlx_all(pool.clone(), sqlx::query_as("select id, name from users order by id"))
            .await?;
        assert!(!users.is_empty());
        Ok(())
    }

    let Some(url) = servers::postgres().await else { return };
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    let table = "create table users (id bigint primary key, name text not null); insert into users values (42, 'Ada')";
    sqlx::raw_sql(table).execute(&pool).await.unwrap();
    example(pool).await.unwrap();
}

#[tokio::test]
async fn a_read_of_an_entity() {
    let queries = queries();
    let load = || async { Ok::<_, std::io::Error>(User { id: 42, name: "Ada".to_owned() }) };
    let user = queries.for_entity::<User>(42).fetch_with(load).await.unwrap();
    assert_eq!(user.id, 42);
    assert_eq!(User::collection_tag(), Some("users".to_owned()));
    queries.for_entity::<User>(42).fetch_with(load).await.unwrap();
    assert_eq!(loads(&queries), 1);
}

#[tokio::test]
async fn a_read_with_a_policy() {
    use hydracache_db::QueryCachePolicy;

    let queries = queries();
    let policy =
        QueryCachePolicy::read_mostly().for_cache_entity::<User>(42).with_name("load-user").refresh_policy(
            hydracache_db::RefreshPolicy::new()
                .refresh_ahead(Duration::from_secs(10))
                .stale_while_revalidate(Duration::from_secs(300)),
        );
    let user = queries
        .cached_with::<User>(policy)
        .load(move || async move { Ok::<_, std::io::Error>(User { id: 42, name: "Ada".to_owned() }) })
        .await
        .unwrap();
    assert_eq!((user.id, user.name.as_str()), (42, "Ada"));
    let policy =
        QueryCachePolicy::named("load-user").for_cache_entity::<User>(42).ttl(Duration::from_secs(60));
    let load = || async { Ok::<_, std::io::Error>(User { id: 42, name: "Grace".to_owned() }) };
    assert_eq!(queries.cached_with::<User>(policy).load(load).await.unwrap().name, "Ada", "the same entry");
}

#[tokio::test]
async fn a_prepared_read() {
    use hydracache_db::PreparedQueryPolicy;

    let (queries, user_id) = (queries(), 42_i64);
    let load_user = queries
        .prepare::<User>(PreparedQueryPolicy::per_entity().cache_entity::<User>().with_name("load-user"));
    for _ in 0..2 {
        let user = load_user
            .load_id(user_id, move || async move {
                Ok::<_, std::io::Error>(User { id: user_id, name: "Ada".to_owned() })
            })
            .await
            .unwrap();
        assert_eq!(user.id, 42);
    }
    assert_eq!(loads(&queries), 1);
}

#[tokio::test]
async fn the_control_of_everything() {
    let queries = queries();
    let read = || queries.cached::<u64>().key("answer").tag("answers").ttl(Duration::from_secs(60));
    let load = || async { Ok::<_, std::io::Error>(42) };
    assert_eq!(read().fetch_with(load).await.unwrap(), 42);
    assert_eq!(queries.named::<u64>("the-answer").key("answer").fetch_with(load).await.unwrap(), 42);
    assert_eq!(loads(&queries), 1);
    queries.invalidate_tag("answers").await.unwrap();
    read().fetch_with(load).await.unwrap();
    assert_eq!(loads(&queries), 2);
}

#[tokio::test]
async fn each_preset_is_there() {
    use hydracache_db::{PreparedQueryPolicy, QueryCachePolicy};

    let presets = [
        QueryCachePolicy::short_lived(),
        QueryCachePolicy::read_mostly(),
        QueryCachePolicy::per_entity(),
        QueryCachePolicy::no_ttl_explicit_invalidation(),
        QueryCachePolicy::negative_cache(),
    ];
    let clock = hydracache_runtime::testing::ManualClock::new();
    let cache = HydraCache::local().clock(clock.clone()).default_ttl(Duration::from_secs(1)).build();
    let queries = hydracache_db::DbCache::new(cache, "db");
    for (at, policy) in presets.into_iter().enumerate() {
        let load = move || async move { Ok::<_, std::io::Error>(at) };
        queries.cached_with::<usize>(policy.key(at.to_string())).load(load).await.unwrap();
    }
    let there = async || {
        let mut there = Vec::new();
        for at in 0..5 {
            there.push(queries.cache().contains_key(format!("db:{at}")).await);
        }
        there
    };
    clock.advance(Duration::from_secs(29));
    assert_eq!(there().await, [true; 5]);
    clock.advance(Duration::from_secs(1));
    assert_eq!(there().await, [false, true, true, true, false], "30 seconds");
    clock.advance(Duration::from_secs(270));
    assert_eq!(there().await, [false, false, false, true, false], "5 minutes");
    let _ = [
        PreparedQueryPolicy::short_lived(),
        PreparedQueryPolicy::read_mostly(),
        PreparedQueryPolicy::no_ttl_explicit_invalidation(),
        PreparedQueryPolicy::negative_cache(),
        PreparedQueryPolicy::named("load-user"),
    ];
}
