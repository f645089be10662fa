use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", table = "users")]
struct User(#[hydracache(id)] i64, #[hydracache(tenant)] u32);

fn main() {}
