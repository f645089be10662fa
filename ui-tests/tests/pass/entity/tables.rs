//! Entities in tables: where the columns are named by fields, where they are said, and where no field holds the id.

#![deny(warnings)]

use hydracache::{CacheEntity, HydraCacheEntity, Registry};

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", table = "app.users")]
struct User {
    #[hydracache(id, column = "user_id")]
    id: i64,
    #[hydracache(tenant)]
    r#type: u32,
}

#[derive(HydraCacheEntity)]
#[hydracache(entity = "order", table = "orders", id = u64, id_column = "number")]
enum Order {
    Open,
}

#[derive(HydraCacheEntity)]
#[hydracache(entity = "pair", table = "pairs")]
struct Pair(
    #[hydracache(id)]
    #[hydracache(column = "left")]
    u8,
    #[hydracache(tenant, column = "right")] u8,
);

#[derive(HydraCacheEntity)]
#[hydracache(entity = "tenant")]
struct Tenant(#[hydracache(column = "key", id, tenant)] u8);

#[derive(HydraCacheEntity)]
#[hydracache(entity = "bare")]
struct Bare(#[hydracache(id)] u8);

struct ByHand;

impl CacheEntity for ByHand {
    type Id = u8;
    const ENTITY: &'static str = "by hand";
}

type Columns = [Option<&'static str>; 3];

fn columns<E: CacheEntity>() -> Columns {
    [E::TABLE, E::ID_COLUMN, E::TENANT_COLUMN]
}

fn main() {
    assert_eq!(columns::<User>(), [Some("app.users"), Some("user_id"), Some("type")]);
    assert_eq!(columns::<Order>(), [Some("orders"), Some("number"), None]);
    assert_eq!(columns::<Pair>(), [Some("pairs"), Some("left"), Some("right")]);
    assert_eq!(columns::<Tenant>(), [None, Some("key"), Some("key")]);
    assert_eq!(columns::<Bare>(), [None; 3]);
    assert_eq!(columns::<ByHand>(), [None; 3]);
    let registry = Registry::of_this_program();
    for entity in registry.entities() {
        let known: Columns = match entity.entity() {
            "user" => columns::<User>(),
            "order" => columns::<Order>(),
            "pair" => columns::<Pair>(),
            "tenant" => columns::<Tenant>(),
            _ => columns::<Bare>(),
        };
        assert_eq!([entity.table(), entity.id_column(), entity.tenant_column()], known, "{entity}");
    }
    let _ = (User { id: 1, r#type: 2 }.cache_tags(), Order::Open, Pair(1, 2).cache_id(), Tenant(1).0, Bare(1).0, ByHand);
}
