//! Policies as lists of keys: each key has its effect, seen through a cache.

#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use hydracache_db::{
    DbCache, DbErrorKind, HydraCacheEntity, PreparedQueryPolicy, QueryCachePolicy, RefreshPolicy, Result,
    prepared_query_policy, query_cache_policy,
};
use hydracache_runtime::testing::ManualClock;
use hydracache_runtime::{HydraCache, TagSet};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, HydraCacheEntity)]
#[hydracache(entity = "user", collection = "users")]
struct User {
    #[hydracache(id)]
    id: i64,
    #[hydracache(tenant)]
    company: u32,
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Lets what was spawned run until nothing happens any more.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// A database whose reads are numbered, behind a cache whose time passes when it is told to.
#[derive(Clone)]
struct Database {
    cache: HydraCache,
    queries: DbCache,
    clock: ManualClock,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    reads: AtomicU32,
    fails: AtomicBool,
    waits: AtomicBool,
    gate: Notify,
}

impl Database {
    /// Entries live for a thousand seconds, where nothing else is said.
    fn new() -> Self {
        let clock = ManualClock::new();
        let cache = HydraCache::local().clock(clock.clone()).default_ttl(seconds(1_000)).build();
        let queries = DbCache::new(cache.clone(), "db");
        Self { cache, queries, clock, state: Arc::default() }
    }

    fn row(&self) -> impl Future<Output = io::Result<u32>> + Send + use<> {
        let state = Arc::clone(&self.state);
        async move {
            let number = state.reads.fetch_add(1, Ordering::SeqCst) + 1;
            if state.waits.load(Ordering::SeqCst) {
                state.gate.notified().await;
            }
            if state.fails.load(Ordering::SeqCst) { Err(io::Error::other("down")) } else { Ok(number) }
        }
    }

    /// Reads by a policy; each read of the database is the next number.
    async fn try_read(&self, policy: QueryCachePolicy) -> Result<u32> {
        self.queries.cached_with::<u32>(policy).load(|| self.row()).await
    }

    async fn read(&self, policy: QueryCachePolicy) -> u32 {
        self.try_read(policy).await.unwrap()
    }

    async fn read_id(&self, policy: PreparedQueryPolicy, id: u32) -> u32 {
        self.queries.prepare::<u32>(policy).load_id(id, || self.row()).await.unwrap()
    }

    /// Reads that nobody waits for here.
    fn spawn(&self, policy: QueryCachePolicy) -> tokio::task::JoinHandle<Result<u32>> {
        let this = self.clone();
        tokio::spawn(async move { this.try_read(policy).await })
    }

    fn fail(&self) {
        self.state.fails.store(true, Ordering::SeqCst);
    }

    /// Keeps reads waiting from now on.
    fn wait(&self) {
        self.state.waits.store(true, Ordering::SeqCst);
    }

    fn reads(&self) -> u32 {
        self.state.reads.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn the_program_of_the_reference_works() {
    let Database { queries, clock, .. } = Database::new();
    let user_id = 42_i64;
    let policy = query_cache_policy!(
        name = "load-user",
        entity = User,
        id = user_id,
        tag = "tenant:7",
        ttl_secs = 60,
    );
    let load = |company| {
        let read = queries.cached_with::<User>(policy.clone());
        async move {
            read.load(move || async move { io::Result::Ok(User { id: user_id, company }) }).await.unwrap()
        }
    };
    assert_eq!(load(1).await, User { id: 42, company: 1 });
    assert_eq!(load(2).await.company, 1);
    queries.invalidate_tag("tenant:7").await.unwrap();
    assert_eq!(load(3).await.company, 3);
    queries.invalidate_tag("tenant:3").await.unwrap();
    assert_eq!(load(4).await.company, 4, "the value says the tag of its tenant itself");
    queries.invalidate_entity::<User>(42).await.unwrap();
    assert_eq!(load(5).await.company, 5);
    queries.invalidate_collection("users").await.unwrap();
    assert_eq!(load(6).await.company, 6);
    clock.advance(seconds(60));
    assert_eq!(load(7).await.company, 7);
}

#[tokio::test]
async fn what_the_result_is_says_its_key_and_its_tag() {
    let db = Database::new();
    db.read(query_cache_policy!(entity = "user", id = 7)).await;
    assert!(db.queries.invalidate_key("user:7").await.unwrap());
    db.read(query_cache_policy!(entity = User, id = 7)).await;
    assert!(db.queries.invalidate_key("user:7").await.unwrap());
    db.read(query_cache_policy!(key = format!("report:{}", 2026))).await;
    assert!(db.queries.invalidate_key("report:2026").await.unwrap());
    let collection = || query_cache_policy!(collection = "users");
    let read = db.read(collection()).await;
    db.queries.invalidate_entity::<User>(1).await.unwrap();
    assert_eq!(db.read(collection()).await, read + 1, "a write of an entity is one of its collection");
    assert!(db.queries.invalidate_key("users").await.unwrap());
    let later = query_cache_policy!(ttl = "5m");
    db.queries.cached_with::<u32>(later).key("later").load(|| db.row()).await.unwrap();
    assert!(db.queries.invalidate_key("later").await.unwrap());
}

#[tokio::test]
async fn each_tag_invalidates() {
    let db = Database::new();
    let more = TagSet::new().tag("set:1").tag("set:2");
    let policy = query_cache_policy!(
        key = "tagged",
        tag = "one",
        tag = format!("two:{}", 2),
        tags = more,
        collection_tag = "users",
        global_tag = "everywhere",
    );
    let mut last = db.read(policy.clone()).await;
    for tag in ["one", "two:2", "set:1", "set:2", "users"] {
        db.cache.invalidate_tag(tag).await.unwrap();
        assert_eq!(db.read(policy.clone()).await, last, "`{tag}` is one of the namespace");
        db.queries.invalidate_tag(tag).await.unwrap();
        last += 1;
        assert_eq!(db.read(policy.clone()).await, last, "`{tag}`");
    }
    db.cache.invalidate_tag("everywhere").await.unwrap();
    assert_eq!(db.read(policy.clone()).await, last + 1);
    db.queries.invalidate_tag("another").await.unwrap();
    assert_eq!(db.read(policy).await, last + 1);

    let of_many_types = query_cache_policy!(key = "mixed", tags = ["first", String::from("second")]);
    let read = db.read(of_many_types.clone()).await;
    db.queries.invalidate_tag("second").await.unwrap();
    assert_eq!(db.read(of_many_types).await, read + 1);
}

#[tokio::test]
async fn a_result_lives_as_long_as_is_said() {
    let a_minute = seconds(60);
    let number = 60;
    let lives = [
        (query_cache_policy!(key = "a", ttl = "1m"), Some(60)),
        (query_cache_policy!(key = "b", ttl = a_minute), Some(60)),
        (query_cache_policy!(key = "c", ttl_secs = 60), Some(60)),
        (query_cache_policy!(key = "d", ttl_secs = number), Some(60)),
        (query_cache_policy!(key = "e", preset = short_lived), Some(30)),
        (query_cache_policy!(key = "f", preset = read_mostly), Some(300)),
        (query_cache_policy!(key = "g", preset = per_entity), Some(300)),
        (query_cache_policy!(key = "h", preset = negative_cache), Some(30)),
        (query_cache_policy!(key = "i", preset = read_mostly, ttl = "60s"), Some(60)),
        (query_cache_policy!(key = "j", no_ttl = false), Some(1_000)),
        (query_cache_policy!(key = "k", no_ttl), None),
        (query_cache_policy!(no_ttl = true, key = "l"), None),
        (query_cache_policy!(key = "m", preset = no_ttl_explicit_invalidation), None),
    ];
    for (policy, life) in lives {
        let db = Database::new();
        db.read(policy.clone()).await;
        let Some(life) = life else {
            db.clock.advance(seconds(100_000));
            assert_eq!(db.read(policy.clone()).await, 1, "{policy:?}");
            continue;
        };
        db.clock.advance(seconds(life - 1));
        assert_eq!(db.read(policy.clone()).await, 1, "{policy:?}");
        db.clock.advance(seconds(1));
        assert_eq!(db.read(policy.clone()).await, 2, "{policy:?}");
    }
}

#[tokio::test]
async fn a_row_that_does_not_exist_lives_as_long_as_is_said_of_it() {
    let db = Database::new();
    let absence = seconds(10);
    for (policy, key) in [
        (query_cache_policy!(key = "a", ttl = "1m", none_ttl = "10s"), "a"),
        (query_cache_policy!(key = "b", ttl = "1m", none_ttl = absence), "b"),
    ] {
        let read = || db.queries.cached_with::<u32>(policy.clone());
        let none = || async { io::Result::Ok(None) };
        assert_eq!(read().load_optional(none).await.unwrap(), None);
        db.clock.advance(seconds(9));
        let some = || async { io::Result::Ok(Some(1)) };
        assert_eq!(read().load_optional(some).await.unwrap(), None, "{key}");
        db.clock.advance(seconds(1));
        assert_eq!(read().load_optional(some).await.unwrap(), Some(1), "{key}");
    }
}

#[tokio::test]
async fn jitter_spreads_the_ends_of_entries() {
    let half = 50;
    for of_key in [
        |key: &str, _: u8| query_cache_policy!(key = key, ttl = "100s", jitter = 50),
        |key: &str, _: u8| query_cache_policy!(key = key, ttl = "100s", jitter = "50%"),
        |key: &str, half: u8| query_cache_policy!(key = key, ttl = "100s", jitter = half),
    ] {
        let db = Database::new();
        let keys: Vec<_> = (0..64).map(|key| key.to_string()).collect();
        for key in &keys {
            db.read(of_key(key, half)).await;
        }
        db.clock.advance(seconds(75));
        for key in &keys {
            db.read(of_key(key, half)).await;
        }
        assert!((65..128).contains(&db.reads()), "{}", db.reads());
    }
}

#[tokio::test]
async fn a_name_is_told_with_errors() {
    let db = Database::new();
    db.fail();
    let name = "load-user";
    for policy in [
        query_cache_policy!(name = "load-user", key = "a"),
        query_cache_policy!(name = name, entity = "user", id = 1),
    ] {
        let error = db.try_read(policy).await.unwrap_err();
        assert!(error.to_string().contains("load-user"), "{error}");
    }
}

#[tokio::test]
async fn results_are_refreshed_ahead() {
    let ahead = seconds(2);
    for policy in [
        query_cache_policy!(key = "a", ttl = "10s", refresh_ahead = "2s"),
        query_cache_policy!(key = "a", ttl = "10s", refresh_ahead = ahead),
        query_cache_policy!(key = "a", ttl = "10s", refresh_ahead_secs = 2),
        query_cache_policy!(key = "a", ttl = "10s", refresh = RefreshPolicy::new().refresh_ahead(ahead)),
    ] {
        let db = Database::new();
        db.read(policy.clone()).await;
        db.clock.advance(seconds(7));
        db.read(policy.clone()).await;
        settle().await;
        assert_eq!(db.reads(), 1, "{policy:?}");
        db.clock.advance(seconds(1));
        assert_eq!(db.read(policy.clone()).await, 1);
        settle().await;
        assert_eq!((db.reads(), db.read(policy.clone()).await), (2, 2), "{policy:?}");
    }
}

#[tokio::test]
async fn old_results_are_handed_out_while_they_are_read() {
    for policy in [
        query_cache_policy!(key = "a", ttl = "10s", stale_while_revalidate = "20s"),
        query_cache_policy!(key = "a", ttl = "10s", stale_while_revalidate_secs = 20),
    ] {
        let db = Database::new();
        db.read(policy.clone()).await;
        db.clock.advance(seconds(29));
        assert_eq!(db.read(policy.clone()).await, 1, "{policy:?}");
        settle().await;
        assert_eq!(db.read(policy).await, 2);
    }
}

#[tokio::test]
async fn old_results_are_handed_out_when_reading_fails() {
    let hour = 3_600;
    for policy in [
        query_cache_policy!(key = "a", ttl = "10s", stale_on_error = "1h"),
        query_cache_policy!(key = "a", ttl = "10s", stale_on_loader_error = "1h"),
        query_cache_policy!(key = "a", ttl = "10s", stale_on_error_secs = hour),
        query_cache_policy!(key = "a", ttl = "10s", stale_on_error = "1h", retry_after = "30s"),
    ] {
        let db = Database::new();
        db.read(policy.clone()).await;
        db.fail();
        db.clock.advance(seconds(3_000));
        assert_eq!((db.read(policy.clone()).await, db.reads()), (1, 2), "{policy:?}");
        db.clock.advance(seconds(700));
        assert_eq!(db.try_read(policy.clone()).await.unwrap_err().kind(), DbErrorKind::Load, "{policy:?}");
    }
}

#[tokio::test]
async fn after_a_failure_nothing_is_tried_for_a_while() {
    let db = Database::new();
    let policy = query_cache_policy!(key = "a", ttl = "10s", stale_on_error = "1h", retry_after = "5m");
    db.read(policy.clone()).await;
    db.fail();
    db.clock.advance(seconds(10));
    for (wait, reads) in [(0, 2), (299, 2), (1, 3)] {
        db.clock.advance(seconds(wait));
        assert_eq!((db.read(policy.clone()).await, db.reads()), (1, reads));
    }
}

#[tokio::test]
async fn a_read_ends_in_time() {
    let db = Database::new();
    db.wait();
    let read = db.spawn(query_cache_policy!(key = "a", load_timeout = "5s"));
    settle().await;
    db.clock.advance(seconds(5));
    let error = read.await.unwrap().unwrap_err();
    assert!(format!("{error:?}").contains("longer than its limit of 5s"), "{error:?}");
}

#[tokio::test]
async fn a_read_waits_for_another_one_as_long_as_is_said() {
    let db = Database::new();
    db.wait();
    let policy = query_cache_policy!(key = "a", wait_timeout = "3s");
    let reads = [db.spawn(policy.clone()), db.spawn(policy)];
    settle().await;
    assert_eq!(db.reads(), 1);
    db.clock.advance(seconds(3));
    settle().await;
    assert_eq!(db.reads(), 2, "it reads beside the other one");
    for read in reads {
        read.abort();
    }
}

#[tokio::test]
async fn a_slow_read_lets_the_old_result_be_handed_out() {
    let db = Database::new();
    let policy = query_cache_policy!(
        key = "a",
        ttl = "10s",
        stale_on_error = "1h",
        soft_timeout = "2s",
        load_timeout = "9s",
    );
    db.read(policy.clone()).await;
    db.wait();
    db.clock.advance(seconds(10));
    let read = db.spawn(policy);
    settle().await;
    assert!(!read.is_finished());
    db.clock.advance(seconds(2));
    assert_eq!((read.await.unwrap().unwrap(), db.reads()), (1, 2));
}

#[tokio::test]
async fn a_prepared_policy_says_everything_but_the_id() {
    let db = Database::new();
    let policy = prepared_query_policy!(
        name = "load-user",
        preset = per_entity,
        entity = User,
        tag = "one",
        tags = vec!["two".to_owned()],
        collection_tag = "admins",
        global_tag = "everywhere",
        ttl = "10s",
        none_ttl = "1s",
        jitter = 10,
        stale_on_error_secs = 3_600,
    );
    assert_eq!((db.read_id(policy.clone(), 1).await, db.read_id(policy.clone(), 2).await), (1, 2));
    assert_eq!(db.read_id(policy.clone(), 1).await, 1);
    for (tag, read) in [("user:1", 3), ("one", 4), ("two", 5), ("admins", 6), ("users", 7)] {
        db.queries.invalidate_tag(tag).await.unwrap();
        assert_eq!(db.read_id(policy.clone(), 1).await, read, "{tag}");
    }
    db.cache.invalidate_tag("everywhere").await.unwrap();
    assert_eq!(db.read_id(policy.clone(), 1).await, 8);
    db.clock.advance(seconds(10));
    assert_eq!(db.read_id(policy.clone(), 1).await, 9);
    db.clock.advance(seconds(10));
    db.fail();
    assert_eq!(db.read_id(policy.clone(), 1).await, 9);
    let error = db.queries.prepare::<u32>(policy).load_id(3, || db.row()).await.unwrap_err();
    assert!(error.to_string().contains("load-user"), "{error}");
}

#[tokio::test]
async fn a_prepared_policy_takes_the_name_of_an_entity_and_a_refresh_policy() {
    let db = Database::new();
    let refresh = RefreshPolicy::new().stale_on_loader_error(seconds(3_600));
    let policy = prepared_query_policy!(entity = "thing", ttl_secs = 10, refresh = refresh);
    db.read_id(policy.clone(), 1).await;
    db.clock.advance(seconds(10));
    db.fail();
    assert_eq!((db.read_id(policy.clone(), 1).await, db.reads()), (1, 2));
    let by_name = prepared_query_policy!(entity = "thing");
    let db = Database::new();
    db.read_id(by_name, 1).await;
    assert!(db.queries.invalidate_key("thing:1").await.unwrap());
    let forever = prepared_query_policy!(entity = "thing", no_ttl);
    let db = Database::new();
    db.read_id(forever.clone(), 1).await;
    db.clock.advance(seconds(100_000));
    assert_eq!(db.read_id(forever, 1).await, 1);
    assert!(db.queries.invalidate_key("thing:1").await.unwrap());
}

/// What another crate hands out as its own.
mod ours {
    pub(crate) use hydracache_db as database;
}

#[test]
fn a_policy_is_the_calls_that_a_person_would_write() {
    let written = query_cache_policy!(
        crate = ours::database,
        preset = read_mostly,
        name = "load-user",
        entity = "user",
        id = 1,
        wait_timeout = "3s",
        soft_timeout = "1s",
        load_timeout = "2s",
        stale_on_error = "1h",
        retry_after = "5s",
    );
    let refresh = RefreshPolicy::new()
        .wait_timeout(seconds(3))
        .soft_timeout(seconds(1))
        .load_timeout(seconds(2))
        .stale_on_loader_error(seconds(3_600))
        .retry_after(seconds(5));
    let called =
        QueryCachePolicy::read_mostly().with_name("load-user").entity("user", 1).refresh_policy(refresh);
    assert_eq!(format!("{written:?}"), format!("{called:?}"));
    assert_eq!(format!("{:?}", query_cache_policy!()), format!("{:?}", QueryCachePolicy::new()));
}
