use hydracache_db::{HydraCacheEntity, query_cache_policy};

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user")]
struct User {
    #[hydracache(id)]
    id: i64,
}

fn main() {
    let _ = query_cache_policy!(entity = User, id = "42");
}
