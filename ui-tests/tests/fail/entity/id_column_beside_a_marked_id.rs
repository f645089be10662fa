use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", id_column = "user_id")]
struct User {
    #[hydracache(id)]
    id: i64,
    name: String,
}

fn main() {}
