use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", id = i64)]
struct User {
    #[hydracache(column = "user_id")]
    id: i64,
    name: String,
}

fn main() {}
