use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user")]
#[hydracache(entity = "users")]
struct User {
    #[hydracache(id)]
    id: i64,
    name: String,
}

fn main() {}
