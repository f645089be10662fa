use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user")]
struct User {
    #[hydracache(id)]
    id: i64,
    #[hydracache("tenant")]
    tenant: u8,
    name: String,
}

fn main() {}
