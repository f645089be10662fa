use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", tags = ["name:{name}"])]
struct User(#[hydracache(id)] i64, String);

fn main() {}
