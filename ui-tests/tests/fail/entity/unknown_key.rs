use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", ttl = "5m")]
struct User {
    #[hydracache(id)]
    id: i64,
    name: String,
}

fn main() {}
