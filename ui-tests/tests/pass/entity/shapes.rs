//! Entities: the id from a field or of a type, tenants, more tags, generics, enums.

use hydracache::{CacheEntity, HydraCacheEntity, KeySegment, Registry};

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", collection = "users", id = i64)]
struct User {
    name: String,
}

#[derive(HydraCacheEntity)]
#[hydracache(entity = "order", tags = ["region:{region}", "day:{self.day}", "all:orders"])]
struct Order {
    #[hydracache(id)]
    id: u64,
    #[hydracache(tenant)]
    tenant: u32,
    region: String,
    day: u8,
}

#[derive(HydraCacheEntity)]
#[hydracache(entity = "wrapped")]
struct Wrapped<T: KeySegment>(#[hydracache(id)] T);

#[derive(HydraCacheEntity)]
#[hydracache(entity = "page", collection = "pages", id = str)]
enum Page<'a, T>
where
    T: Clone,
{
    Here(&'a T),
    Gone,
}

#[derive(HydraCacheEntity)]
#[hydracache(entity = "raw type")]
#[hydracache(collection = "types")]
struct Raw {
    #[hydracache(id)]
    r#type: String,
}

fn main() {
    assert_eq!(User::collection_tag(), Some("users".to_owned()));
    assert_eq!(User::entity_key(&42).as_str(), "user:42");
    assert_eq!(User { name: String::new() }.cache_id(), None);
    assert!(User { name: String::new() }.name.is_empty());
    let order = Order { id: 1, tenant: 2, region: "a:b".to_owned(), day: 3 };
    let tags = format!("{:?}", order.cache_tags());
    for tag in ["order:1", "tenant:2", "region:a%3Ab", "day:3", "all:orders"] {
        assert!(tags.contains(&format!("\"{tag}\"")), "{tag} in {tags}");
    }
    assert_eq!(Wrapped(7_u8).cache_id(), Some(&7));
    assert_eq!(Wrapped::<u8>::entity_tag(&7), "wrapped:7");
    let pages = [Page::Here(&1_u8), Page::Gone];
    assert!(matches!(pages, [Page::Here(1), _]));
    assert_eq!(Page::<u8>::entity_tag("about"), "page:about");
    assert_eq!(Raw::entity_tag(&"x".to_owned()), "raw type:x");
    assert_eq!(Raw { r#type: "x".to_owned() }.cache_id().unwrap(), "x");
    let registry = Registry::of_this_program();
    let known: Vec<_> = registry.entities().map(|entity| entity.entity()).collect();
    assert_eq!(known, ["order", "page", "raw type", "user", "wrapped"]);
    let order = registry.entities().next().unwrap();
    assert_eq!((order.id_field(), order.id_type(), order.tenant_field()), (Some("id"), "u64", Some("tenant")));
    assert_eq!((order.type_name(), order.collection(), order.tags().len()), ("Order", None, 3));
}
