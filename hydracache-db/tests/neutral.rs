//! What is said of results, without any driver.
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

use std::io::Error as IoError;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hydracache_db::{
    CacheEntity, DbCache, DbError, DbErrorKind, DbQuery, PreparedQueryPolicy, QueryCachePolicy, RefreshPolicy,
};
use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{CacheError, ErrorKind, HydraCache, TagSet};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct User {
    id: i64,
    name: String,
    tenant: i64,
}

impl CacheEntity for User {
    type Id = i64;
    const ENTITY: &'static str = "user";
    const COLLECTION: Option<&'static str> = Some("users");

    fn cache_id(&self) -> Option<&i64> {
        Some(&self.id)
    }

    fn cache_tags(&self) -> TagSet {
        TagSet::new().entity("user", self.id).tag("users").tenant(self.tenant)
    }
}

fn ada() -> User {
    User { id: 42, name: "Ada".to_owned(), tenant: 7 }
}

fn db() -> DbCache {
    DbCache::new(HydraCache::local().build(), "db")
}

async fn load(query: DbQuery<u64>) -> u64 {
    query.load(|| async { Ok::<_, IoError>(42) }).await.unwrap()
}

async fn is_cached(db: &DbCache, key: &str) -> bool {
    db.cache().contains_key(format!("{}:{key}", db.namespace())).await
}

/// Says something of a read.
type Way = fn(DbQuery<u64>) -> DbQuery<u64>;

#[tokio::test]
async fn each_way_to_tag_a_result_is_a_way_to_invalidate_it() {
    let db = db();
    let ways: [(&str, Way); 5] = [
        ("one", |query| query.tag("one")),
        ("several", |query| query.tags(["several", "others"])),
        ("tenant:7", |query| query.tag_set(TagSet::new().tenant(7))),
        ("users", |query| query.collection_tag("users")),
        ("user:42", |query| query.tags(User::COLLECTION).tag("user:42")),
    ];
    for (tag, way) in ways {
        load(way(db.cached().key("a"))).await;
        db.invalidate_tag("another").await.unwrap();
        assert!(is_cached(&db, "a").await, "{tag}");
        db.invalidate_tag(tag).await.unwrap();
        assert!(!is_cached(&db, "a").await, "{tag}");
    }
    load(db.cached().key("a").tag("one")).await;
    db.invalidate_tags(["another", "one"]).await.unwrap();
    assert!(!is_cached(&db, "a").await);
    load(db.cached().key("a").global_tag("everywhere")).await;
    db.invalidate_tag("everywhere").await.unwrap();
    assert!(is_cached(&db, "a").await, "that is a tag of the namespace");
    db.cache().invalidate_tag("everywhere").await.unwrap();
    assert!(!is_cached(&db, "a").await);
}

#[tokio::test]
async fn namespaces_do_not_meet() {
    let cache = HydraCache::local().build();
    let (one, other) = (DbCache::new(cache.clone(), "one"), DbCache::new(cache.clone(), "one:two"));
    for db in [&one, &other] {
        load(db.entity("user", 42)).await;
    }
    assert_eq!(cache.stats().loads, 2);
    one.invalidate_entity_named("user", 42).await.unwrap();
    assert!(!is_cached(&one, "user:42").await);
    assert!(cache.contains_key("one%3Atwo:user:42").await);
    load(one.entity("user", 42)).await;
    other.clear().await.unwrap();
    assert!(is_cached(&one, "user:42").await);
    cache.invalidate_tag("user:42").await.unwrap();
    assert!(is_cached(&one, "user:42").await, "a raw tag is of no namespace");
    assert!(one.invalidate_key("user:42").await.unwrap());
    assert!(!is_cached(&one, "user:42").await);
    assert_eq!((one.namespace(), one.cache().name()), ("one", cache.name()));
}

#[tokio::test]
async fn a_write_of_an_entity_takes_its_lists_along_and_nothing_else() {
    let db = db();
    let user = |id: i64| {
        db.for_entity::<User>(id).load(move || async move { Ok::<_, IoError>(User { id, ..ada() }) })
    };
    let list = || db.for_collection::<User>().load_all(|| async { Ok::<_, IoError>(vec![ada()]) });
    for id in [42, 43] {
        user(id).await.unwrap();
    }
    list().await.unwrap();
    db.invalidate_entity::<User>(42).await.unwrap();
    assert!(!is_cached(&db, "user:42").await && !is_cached(&db, "users").await);
    assert!(is_cached(&db, "user:43").await);
    list().await.unwrap();
    db.invalidate_collection("users").await.unwrap();
    assert!(!is_cached(&db, "users").await && !is_cached(&db, "user:43").await);
}

#[tokio::test]
async fn a_value_adds_the_tags_that_it_says_itself() {
    let db = db();
    let load = || async { Ok::<_, IoError>(ada()) };
    db.for_entity::<User>(42).load(load).await.unwrap();
    db.invalidate_tag("tenant:7").await.unwrap();
    assert!(!is_cached(&db, "user:42").await);
    // Found by a name, and invalidated by its id.
    db.cached::<User>().key("by-name:ada").tagged_by::<User>().load(load).await.unwrap();
    db.invalidate_entity::<User>(43).await.unwrap();
    assert!(is_cached(&db, "by-name:ada").await);
    db.invalidate_entity::<User>(42).await.unwrap();
    assert!(!is_cached(&db, "by-name:ada").await);
    let policy = QueryCachePolicy::new().key("by-name:ada").tagged_by::<User>();
    db.cached_with::<User>(policy).load(load).await.unwrap();
    db.invalidate_entity::<User>(42).await.unwrap();
    assert!(!is_cached(&db, "by-name:ada").await);
}

#[tokio::test]
async fn times_are_those_that_were_said() {
    let clock = ManualClock::new();
    let cache = HydraCache::local().clock(clock.clone()).default_ttl(Duration::from_secs(100)).build();
    let db = DbCache::new(cache, "db");
    let second = Duration::from_secs(1);
    load(db.cached().key("default")).await;
    load(db.cached().key("ttl").ttl(10 * second)).await;
    load(db.cached().key("no_ttl").no_ttl()).await;
    load(db.cached().key("jitter").ttl(10 * second).jitter(50)).await;
    let none = || async { Ok::<Option<u64>, IoError>(None) };
    db.cached::<u64>().key("none").none_ttl(5 * second).load_optional(none).await.unwrap();
    db.cached::<u64>().key("skipped").skip_none().load_optional(none).await.unwrap();
    assert!(!is_cached(&db, "skipped").await);
    let there = async || {
        let mut there = Vec::new();
        for key in ["none", "jitter", "ttl", "default", "no_ttl"] {
            there.push(is_cached(&db, key).await);
        }
        there
    };
    assert_eq!(there().await, [true; 5]);
    clock.advance(5 * second);
    assert!(!there().await[0]);
    clock.advance(5 * second);
    assert_eq!(there().await, [false, false, false, true, true]);
    clock.advance(90 * second);
    assert_eq!(there().await, [false, false, false, false, true]);
}

#[tokio::test]
async fn an_old_row_stands_in_for_a_database_that_is_gone() {
    let clock = ManualClock::new();
    let db = DbCache::new(HydraCache::local().clock(clock.clone()).build(), "db");
    let refresh = RefreshPolicy::new().stale_on_loader_error(Duration::from_secs(60));
    let read = || db.entity::<u64>("user", 42).ttl(Duration::from_secs(10)).refresh_policy(refresh);
    load(read()).await;
    clock.advance(Duration::from_secs(20));
    let gone = || async { Err::<u64, _>(IoError::other("gone")) };
    assert_eq!(read().load(gone).await.unwrap(), 42);
    db.invalidate_entity_named("user", 42).await.unwrap();
    let error = read().load(gone).await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::Load, "what was invalidated does not come back");
}

#[tokio::test]
async fn one_key_is_one_row_for_every_way_to_read_it() {
    let db = db();
    let of = || db.entity::<u64>("user", 42);
    let none = || async { Ok::<Option<u64>, IoError>(None) };
    assert_eq!(of().load_optional(none).await.unwrap(), None);
    let never = || async { Err::<Option<u64>, _>(IoError::other("never")) };
    assert_eq!(of().load_optional(never).await.unwrap(), None, "that there is none is remembered");
    // Who needs the row looks again.
    assert_eq!(load(of()).await, 42);
    assert_eq!(of().load_optional(never).await.unwrap(), Some(42));
    let prepared = db.prepare::<u64>(PreparedQueryPolicy::new().entity("user"));
    assert_eq!(prepared.load_id_optional(42, never).await.unwrap(), Some(42));
    let never = || async { Err::<u64, _>(IoError::other("never")) };
    assert_eq!(prepared.load_id(42, never).await.unwrap(), 42);
    assert_eq!(prepared.id(42).load(never).await.unwrap(), 42);
    assert_eq!(prepared.clone().id(42).fetch_with(never).await.unwrap(), 42);
    assert_eq!(db.cache().stats().loads, 2);
}

#[tokio::test]
async fn a_list_of_a_collection_is_one_however_that_is_said() {
    let db = db();
    let none = || async { Ok::<Vec<User>, IoError>(Vec::new()) };
    db.cached::<User>().key("active").collection_tag("users").load_all(none).await.unwrap();
    db.entity::<User>("user", 43)
        .collection_tag("users")
        .load(|| async { Ok::<_, IoError>(ada()) })
        .await
        .unwrap();
    db.invalidate_entity::<User>(42).await.unwrap();
    assert!(!is_cached(&db, "active").await, "the user may stand in it");
    assert!(is_cached(&db, "user:43").await, "that is another one, and no list");
}

#[tokio::test]
async fn a_prepared_read_carries_all_that_was_said() {
    let db = db();
    let policy =
        PreparedQueryPolicy::read_mostly().cache_entity::<User>().tag("reports").with_name("load-user");
    let users = db.prepare::<User>(policy);
    let load = || async { Ok::<_, IoError>(ada()) };
    for tag in ["user:42", "users", "reports", "tenant:7"] {
        users.load_id(42, load).await.unwrap();
        db.invalidate_tag(tag).await.unwrap();
        assert!(!is_cached(&db, "user:42").await, "{tag}");
    }
    users.load_id(42, load).await.unwrap();
    db.invalidate_tag("user:43").await.unwrap();
    assert!(is_cached(&db, "user:42").await);
    let error = users.load_id(43, || async { Err::<User, _>(IoError::other("gone")) }).await.unwrap_err();
    assert_eq!(
        (error.operation(), error.entity(), error.key()),
        ("load-user", Some("user"), Some("db:user:43"))
    );
    let by_name = db.prepare::<User>(PreparedQueryPolicy::new().entity("user-by-name"));
    by_name.load_id("ada:l", load).await.unwrap();
    assert!(is_cached(&db, "user-by-name:ada%3Al").await);
    // Ids of nothing would meet those of others.
    let unnamed = db.prepare::<User>(PreparedQueryPolicy::named("load-user"));
    let errors = [
        unnamed.load_id(42, load).await.unwrap_err(),
        unnamed.load_id_optional(42, || async { Ok::<_, IoError>(None) }).await.unwrap_err(),
        unnamed.id(42).load(load).await.unwrap_err(),
        unnamed.ids([42]).load_many(|_| async { Ok::<_, IoError>(Vec::new()) }).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.operation()), (DbErrorKind::NoKey, "load-user"));
    }
}

#[tokio::test]
async fn many_rows_are_one_load_of_what_is_missing() {
    let (db, calls) = (db(), Arc::new(AtomicUsize::new(0)));
    let read = |ids: std::ops::Range<i64>| {
        let calls = Arc::clone(&calls);
        db.for_entities::<User>(ids).load_many(move |missing| {
            calls.fetch_add(missing.len(), Ordering::Relaxed);
            // Every tenth has no row.
            let rows = missing.into_iter().filter(|id| id % 10 != 0).map(|id| User { id, ..ada() }).collect();
            async move { Ok::<_, IoError>(rows) }
        })
    };
    assert_eq!(read(0..900).await.unwrap().len(), 810);
    assert_eq!(calls.swap(0, Ordering::Relaxed), 900);
    assert_eq!(read(0..1000).await.unwrap().len(), 900);
    assert_eq!(calls.swap(0, Ordering::Relaxed), 100);
    assert_eq!(db.for_entity::<User>(5).load(|| async { Err(IoError::other("never")) }).await.unwrap().id, 5);
    db.invalidate_entity::<User>(5).await.unwrap();
    db.invalidate_entity::<User>(10).await.unwrap();
    assert_eq!(read(0..20).await.unwrap().len(), 18);
    assert_eq!(calls.swap(0, Ordering::Relaxed), 2, "one row, and one that there is none of");
    db.invalidate_tag("tenant:7").await.unwrap();
    read(0..20).await.unwrap();
    assert_eq!(calls.swap(0, Ordering::Relaxed), 18);
    let gone =
        db.for_entities::<User>([1000]).load_many(|_| async { Err::<Vec<User>, _>(IoError::other("gone")) });
    let error = gone.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation(), error.entity()),
        (DbErrorKind::Load, "load_many", Some("user"))
    );
}

#[tokio::test]
async fn a_row_that_does_not_know_its_id_needs_to_be_told() {
    #[derive(Debug, Clone, Serialize, Deserialize)]
    struct Order {
        number: i64,
    }

    impl CacheEntity for Order {
        type Id = i64;
        const ENTITY: &'static str = "order";
    }

    let db = db();
    let load = |missing: Vec<i64>| async move {
        Ok::<_, IoError>(missing.into_iter().map(|number| Order { number }).collect::<Vec<_>>())
    };
    let error = db.for_entities::<Order>([1]).load_many(load).await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::NoId);
    assert!(error.to_string().contains("#[hydracache(id)]"), "{error}");
    let found = db.for_entities::<Order>([1, 2]).load_many_by(load, |order| order.number).await.unwrap();
    assert_eq!((found.len(), found[&2].number), (2, 2));
}

#[tokio::test]
async fn a_read_that_is_not_told_its_key_says_how() {
    let error = db().named::<u64>("load-user").load(|| async { Ok::<_, IoError>(1) }).await.unwrap_err();
    assert_eq!((error.kind(), error.operation(), error.key()), (DbErrorKind::NoKey, "load-user", None));
    assert!(error.to_string().contains("for_entity"), "{error}");
}

#[tokio::test]
async fn an_error_goes_both_ways_and_loses_nothing() {
    let db = db();
    let load = || async { Err::<u64, _>(IoError::other("no such disk")) };
    let error = db.entity::<u64>("user", 42).load(load).await.unwrap_err();
    assert!(!error.kind().is_transient());
    let of_cache = CacheError::from(error.clone());
    assert_eq!(of_cache.kind(), ErrorKind::Backend);
    let inner: &DbError = of_cache.downcast_ref().unwrap();
    assert_eq!((inner.kind(), inner.key()), (error.kind(), error.key()));
    assert_eq!(DbError::from(of_cache).to_string(), error.to_string());
    let zero = db.entity::<u64>("user", 43).ttl(Duration::ZERO).load(|| async { Ok::<_, IoError>(1) });
    let error = zero.await.unwrap_err();
    assert_eq!(error.kind(), DbErrorKind::Cache);
    assert_eq!(error.cache_error().map(CacheError::kind), Some(ErrorKind::InvalidTtl));
    // A loader that returns ours is not wrapped once more.
    let inner =
        db.entity::<u64>("user", 44).load(move || async move { Err::<u64, _>(error) }).await.unwrap_err();
    assert_eq!((inner.kind(), inner.key()), (DbErrorKind::Cache, Some("db:user:43")));
    let raw = DbError::from(CacheError::Backend("gone"));
    assert_eq!((raw.kind(), raw.operation()), (DbErrorKind::Cache, "a call of the cache"));
}

#[tokio::test]
async fn an_annotated_function_may_return_it() {
    #[derive(Clone)]
    struct Repository(DbCache);

    let repository = Repository(db());
    let read = || async {
        let load = || async { Err::<u64, _>(IoError::other("gone")) };
        repository.0.entity::<u64>("user", 42).load(load).await
    };
    let (one, other) = tokio::join!(read(), read());
    assert_eq!(one.unwrap_err().to_string(), other.unwrap_err().to_string(), "both were told of one load");
    let told = DbError::from(hydracache_runtime::LoadError::from(CacheError::Backend("gone")));
    assert_eq!(told.kind(), DbErrorKind::Load);
}
