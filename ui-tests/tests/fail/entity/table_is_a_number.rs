use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", table = 7)]
struct User {
    #[hydracache(id)]
    id: i64,
    name: String,
}

fn main() {}
