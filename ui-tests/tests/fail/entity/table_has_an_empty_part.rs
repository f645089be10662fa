use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", table = "app.")]
struct User {
    #[hydracache(id)]
    id: i64,
    name: String,
}

fn main() {}
