use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", id)]
struct User {
    id: i64,
    name: String,
}

fn main() {}
