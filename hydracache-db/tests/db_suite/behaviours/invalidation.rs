//! Each way to say what is no longer true takes that, and nothing else.

use hydracache_db::{DbCache, DbQuery};

use crate::kit::user::{User, by_id};
use crate::kit::{Adapter, Suite};

/// Reads and caches all that these behaviours look at.
async fn warm<A: Adapter>(suite: &Suite<A>) {
    assert_eq!(suite.names().await, ["Ada", "Grace", "Edith"]);
    assert_eq!((suite.name(1).await, suite.name(2).await), ("Ada".to_owned(), "Grace".to_owned()));
    suite.outside().run("update users set name = 'new'").await;
}

pub(crate) async fn a_tag_takes_what_carries_it<A: Adapter>(suite: Suite<A>) {
    let tagged = async |key: &str, tag: &'static str| {
        let read: DbQuery<User> = suite.users.cached().key(key).tag(tag);
        suite.adapter.one(read, &by_id(1)).await.unwrap().name
    };
    for (key, tag) in [("a", "reports"), ("b", "reports"), ("c", "report")] {
        tagged(key, tag).await;
    }
    suite.outside().rename(1, "new").await;
    suite.users.invalidate_tag("reports").await.unwrap();
    assert_eq!(tagged("a", "reports").await, "new");
    assert_eq!(tagged("b", "reports").await, "new");
    assert_eq!(tagged("c", "report").await, "Ada");
    suite.users.invalidate_tags(["nothing", "report"]).await.unwrap();
    assert_eq!(tagged("c", "report").await, "new");
}

pub(crate) async fn an_entity_takes_the_lists_it_may_stand_in<A: Adapter>(suite: Suite<A>) {
    warm(&suite).await;
    suite.users.invalidate_entity::<User>(1).await.unwrap();
    assert_eq!(suite.name(1).await, "new");
    assert_eq!(suite.name(2).await, "Grace", "another entity stays");
    assert_eq!(suite.names().await, ["new", "new", "new"]);
    // The names of ids are whole.
    suite.users.invalidate_entity::<User>(21).await.unwrap();
    assert_eq!(suite.name(2).await, "Grace");
}

pub(crate) async fn a_collection_takes_its_entities<A: Adapter>(suite: Suite<A>) {
    warm(&suite).await;
    suite.users.invalidate_collection("people").await.unwrap();
    assert_eq!(suite.name(1).await, "Ada");
    suite.users.invalidate_collection("users").await.unwrap();
    assert_eq!((suite.name(1).await, suite.name(2).await), ("new".to_owned(), "new".to_owned()));
    assert_eq!(suite.names().await, ["new", "new", "new"]);
}

pub(crate) async fn a_key_takes_itself_alone<A: Adapter>(suite: Suite<A>) {
    warm(&suite).await;
    assert!(suite.users.invalidate_key("user:1").await.unwrap());
    assert!(!suite.users.invalidate_key("user:7").await.unwrap());
    assert_eq!(suite.name(1).await, "new");
    assert_eq!(suite.name(2).await, "Grace");
    assert_eq!(suite.names().await, ["Ada", "Grace", "Edith"]);
}

pub(crate) async fn clearing_takes_the_namespace<A: Adapter>(suite: Suite<A>) {
    warm(&suite).await;
    suite.users.clear().await.unwrap();
    assert_eq!((suite.name(1).await, suite.name(2).await), ("new".to_owned(), "new".to_owned()));
    assert_eq!(suite.names().await, ["new", "new", "new"]);
}

pub(crate) async fn two_namespaces_never_meet<A: Adapter>(suite: Suite<A>) {
    // The last one is written as a part of the first one would be.
    for other in ["other", "db:user", "d"] {
        let other = DbCache::new(suite.users.cache().clone(), other);
        suite.users.clear().await.unwrap();
        suite.outside().rename(1, "Ada").await;
        let there = async || suite.adapter.one(other.for_entity::<User>(1), &by_id(1)).await.unwrap().name;
        assert_eq!((suite.name(1).await, there().await), ("Ada".to_owned(), "Ada".to_owned()));
        suite.outside().rename(1, "new").await;
        other.invalidate_entity::<User>(1).await.unwrap();
        assert_eq!((suite.name(1).await, there().await), ("Ada".to_owned(), "new".to_owned()));
        other.invalidate_key("user:1").await.unwrap();
        other.invalidate_collection("users").await.unwrap();
        other.clear().await.unwrap();
        assert_eq!(suite.name(1).await, "Ada");
        suite.outside().rename(1, "newer").await;
        there().await;
        suite.outside().rename(1, "newest").await;
        suite.users.clear().await.unwrap();
        assert_eq!((suite.name(1).await, there().await), ("newest".to_owned(), "newer".to_owned()));
    }
}

pub(crate) async fn a_global_tag_reaches_across<A: Adapter>(suite: Suite<A>) {
    let cache = suite.users.cache();
    let other = DbCache::new(cache.clone(), "other");
    let read = async |of: &DbCache| {
        let read = of.for_entity::<User>(1).global_tag("tenant:7");
        suite.adapter.one(read, &by_id(1)).await.unwrap().name
    };
    assert_eq!((read(&suite.users).await, read(&other).await, suite.name(2).await), {
        ("Ada".to_owned(), "Ada".to_owned(), "Grace".to_owned())
    });
    suite.outside().run("update users set name = 'new'").await;
    // The same words inside of a namespace are another tag.
    other.invalidate_tag("tenant:7").await.unwrap();
    assert_eq!(read(&other).await, "Ada");
    cache.invalidate_tag("tenant:7").await.unwrap();
    assert_eq!((read(&suite.users).await, read(&other).await), ("new".to_owned(), "new".to_owned()));
    assert_eq!(suite.name(2).await, "Grace");
}
