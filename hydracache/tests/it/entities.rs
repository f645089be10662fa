//! Entities: keys and tags of types whose values are known by an id.

use hydracache::{
    CacheEntity, CacheOptions, HydraCache, HydraCacheEntity, KeySegment, Registry, Runtime, cached,
    invalidates,
};
use serde::{Deserialize, Serialize};

use crate::support::isolated;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, HydraCacheEntity)]
#[hydracache(entity = "entities.user", collection = "entities.users", tags = ["team:{team}", "named:{name.len()}"])]
#[hydracache(table = "app.users")]
struct User {
    #[hydracache(id, column = "user_id")]
    id: i64,
    #[hydracache(tenant)]
    company: u32,
    team: String,
    name: String,
}

#[derive(Clone, Copy, PartialEq, Eq, KeySegment)]
struct OrderId {
    shop: u8,
    number: u64,
}

#[derive(HydraCacheEntity)]
#[hydracache(entity = "entities.order", id = OrderId, id_column = "number")]
struct Order;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "entities:with%marks")]
struct Marked<T: KeySegment + Clone>(#[hydracache(id)] T);

fn user(id: i64) -> User {
    User { id, company: 3, team: "a:b".to_owned(), name: "ada".to_owned() }
}

#[test]
fn keys_and_tags_begin_with_the_name_and_are_escaped() {
    assert_eq!(User::entity_key(&-4).as_str(), "entities.user:-4");
    assert_eq!(User::entity_tag(&-4), "entities.user:-4");
    assert_eq!(User::collection_tag().as_deref(), Some("entities.users"));
    assert_eq!((User::ENTITY, Order::COLLECTION), ("entities.user", None));
    let (one, other) = (OrderId { shop: 1, number: 23 }, OrderId { shop: 12, number: 3 });
    assert_ne!(Order::entity_key(&one), Order::entity_key(&other));
    assert!(Order.cache_id().is_none());
    assert_eq!(Marked::<&str>::entity_tag(&"a:b"), "entities%3Awith%25marks:a%3Ab");
}

#[test]
fn a_value_knows_its_id_and_its_tags() {
    assert_eq!(user(4).cache_id(), Some(&4));
    assert_eq!(Marked("x").cache_id(), Some(&"x"));
    let cache = HydraCache::local().build();
    for tag in ["entities.user:4", "entities.users", "tenant:3", "team:a%3Ab", "named:3"] {
        let options = CacheOptions::new().tags(user(4).cache_tags());
        cache.put("user", user(4), options).fire();
        assert_eq!(cache.peek("user").unwrap(), Some(user(4)));
        cache.invalidate_tag(tag).fire();
        assert_eq!(cache.peek::<User>("user").unwrap(), None, "{tag}");
    }
    let options = CacheOptions::new().tags(user(4).cache_tags());
    cache.put("user", user(4), options).fire();
    for tag in ["entities.user:5", "tenant:4", "team:a", "entities.user"] {
        cache.invalidate_tag(tag).fire();
    }
    assert_eq!(cache.peek("user").unwrap(), Some(user(4)));
}

#[cached(name = "entities.find", key = "{id}", tags = |user: &User| user.cache_tags())]
async fn find(id: i64) -> User {
    user(id)
}

#[invalidates(tags = [User::entity_tag(&user.id)])]
async fn save(user: &User) -> Result<(), String> {
    tokio::task::yield_now().await;
    let _ = user;
    Ok(())
}

#[tokio::test]
async fn a_function_tags_what_it_returns_and_a_write_names_the_entity() {
    isolated(async {
        let _ = (find(1).await, find(2).await);
        save(&user(1)).await.unwrap();
        assert_eq!((find::peek(1), find::peek(2)), (None, Some(user(2))));
        Runtime::current().default_cache().invalidate_tag("entities.users").await.unwrap();
        assert_eq!(find::peek(2), None);
    })
    .await;
}

#[test]
fn the_registry_lists_entities_with_what_is_said_of_them() {
    let registry = Registry::of_this_program();
    let of = |name: &str| registry.entities().find(|entity| entity.entity() == name).unwrap();
    let entity = of("entities.user");
    assert_eq!((entity.collection(), entity.id_field()), (Some("entities.users"), Some("id")));
    assert_eq!((entity.id_type(), entity.tenant_field()), ("i64", Some("company")));
    assert_eq!(entity.tags(), ["team:{team}", "named:{name.len()}"]);
    let columns = [entity.table(), entity.id_column(), entity.tenant_column()];
    assert_eq!(columns, [Some("app.users"), Some("user_id"), Some("company")]);
    assert_eq!(columns, [User::TABLE, User::ID_COLUMN, User::TENANT_COLUMN]);
    assert_eq!((entity.type_name(), entity.package()), ("User", "hydracache"));
    assert!(entity.file().ends_with("entities.rs") && entity.line() > 0, "{entity}");
    assert!(entity.module().ends_with("entities"));
    assert!(entity.to_string().starts_with("`entities.user` ("), "{entity}");
    let (order, marked) = (of("entities.order"), of("entities:with%marks"));
    assert_eq!((order.id_field(), order.id_type()), (None, "OrderId"));
    assert_eq!((order.table(), order.id_column(), order.tenant_column()), (None, Some("number"), None));
    assert_eq!([Order::TABLE, Order::ID_COLUMN, Order::TENANT_COLUMN], [None, Some("number"), None]);
    assert_eq!((marked.id_field(), marked.id_type()), (Some("0"), "T"));
    let names: Vec<_> = registry.entities().map(|entity| entity.entity()).collect();
    assert!(names.is_sorted(), "{names:?}");
}
