//! Policies of database results: each key in each of its forms, handed on by other macros, under another name.

#![deny(warnings)]
#![deny(clippy::pedantic)]

use std::time::Duration;

use hydracache::TagSet;
use hydracache_db::{
    HydraCacheEntity, PreparedQueryPolicy, QueryCachePolicy, RefreshPolicy, prepared_query_policy, query_cache_policy,
};

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", collection = "users", table = "users")]
struct User<T: Clone> {
    #[hydracache(id)]
    id: i64,
    note: T,
}

mod again {
    pub(crate) use hydracache_db as database;
}

macro_rules! living {
    ($ttl:expr, $tag:expr) => {
        query_cache_policy!(key = "handed on", ttl = $ttl, tag = $tag, jitter = (10))
    };
}

fn of_a_user(id: i64) -> QueryCachePolicy {
    query_cache_policy!(
        name = "load-user",
        entity = User<String>,
        id = id,
        tag = "tenant:7",
        ttl_secs = 60,
    )
}

fn of_users() -> PreparedQueryPolicy {
    prepared_query_policy! {
        entity = User<String>,
        preset = per_entity,
        tags = TagSet::new().tag("a"),
        refresh = RefreshPolicy::new().stale_on_loader_error(Duration::from_secs(5)),
    }
}

fn same(one: &QueryCachePolicy, other: &QueryCachePolicy) {
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
}

fn main() {
    let user = User { id: 7, note: String::new() };
    assert!(user.note.is_empty());
    let minute = Duration::from_secs(60);
    let called = QueryCachePolicy::named("load-user").for_cache_entity::<User<String>>(7).tag("tenant:7").ttl(minute);
    same(&of_a_user(user.id), &called);
    same(&living!("1m", "a"), &QueryCachePolicy::new().key("handed on").tag("a").ttl(minute).jitter(10));
    same(&living!(minute, String::from("a")), &living!("60s", "a"));
    same(&query_cache_policy!(), &QueryCachePolicy::new());
    same(&query_cache_policy!(crate = again::database, preset = negative_cache), &QueryCachePolicy::negative_cache());
    same(&query_cache_policy!(collection = "users", no_ttl), &QueryCachePolicy::new().collection("users").no_ttl());
    let tags = query_cache_policy!(key = "a", tag = "a", tags = ["b", format!("c:{}", 1)], tag = "d", global_tag = "e");
    same(&tags, &QueryCachePolicy::new().key("a").tags(["a", "b", "c:1", "d"]).global_tag("e"));
    let _ = of_users();
}
