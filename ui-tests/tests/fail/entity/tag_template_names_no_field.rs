use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", tags = ["team:{team}"])]
struct User {
    #[hydracache(id)]
    id: i64,
    name: String,
}

fn main() {}
