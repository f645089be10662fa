use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", entity = "users")]
struct User {
    #[hydracache(id)]
    id: i64,
    name: String,
}

fn main() {}
