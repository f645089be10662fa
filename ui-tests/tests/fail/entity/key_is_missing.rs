use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache("user")]
struct User {
    #[hydracache(id)]
    id: i64,
    name: String,
}

fn main() {}
