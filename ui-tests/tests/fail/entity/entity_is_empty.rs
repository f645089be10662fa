use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "")]
struct User {
    #[hydracache(id)]
    id: i64,
    name: String,
}

fn main() {}
