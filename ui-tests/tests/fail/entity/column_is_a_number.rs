use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user")]
struct User {
    #[hydracache(id, column = 7)]
    id: i64,
    name: String,
}

fn main() {}
