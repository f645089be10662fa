use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", colection = "users")]
struct User {
    #[hydracache(id)]
    id: i64,
    name: String,
}

fn main() {}
