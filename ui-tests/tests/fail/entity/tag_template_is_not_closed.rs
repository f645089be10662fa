use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", tags = ["name:{name"])]
struct User {
    #[hydracache(id)]
    id: i64,
    name: String,
}

fn main() {}
