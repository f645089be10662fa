use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache()]
struct User {
    #[hydracache(id)]
    id: i64,
    name: String,
}

fn main() {}
