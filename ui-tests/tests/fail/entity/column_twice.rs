use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user")]
struct User {
    #[hydracache(id, column = "a", column = "b")]
    id: i64,
    name: String,
}

fn main() {}
