use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", tags = [7])]
struct User {
    #[hydracache(id)]
    id: i64,
    name: String,
}

fn main() {}
