use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user")]
struct User {
    #[hydracache(id)]
    id: i64,
    #[hydracache(tenant)]
    a: u8,
    #[hydracache(tenant)]
    b: u8,
    name: String,
}

fn main() {}
