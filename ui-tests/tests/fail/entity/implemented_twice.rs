use hydracache::{CacheEntity, HydraCacheEntity};

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user")]
struct User {
    #[hydracache(id)]
    id: u64,
}

impl CacheEntity for User {
    type Id = u64;
    const ENTITY: &'static str = "user";
}

fn main() {}
