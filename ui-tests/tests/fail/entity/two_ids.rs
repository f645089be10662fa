use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user")]
struct User {
    #[hydracache(id)]
    id: i64,
    #[hydracache(id)]
    other: i64,
    name: String,
}

fn main() {}
