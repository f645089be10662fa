use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(collection = "users")]
struct User {
    #[hydracache(id)]
    id: i64,
}

fn main() {}
