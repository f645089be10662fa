use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", id = i64, id_column = "")]
struct User;

fn main() {}
