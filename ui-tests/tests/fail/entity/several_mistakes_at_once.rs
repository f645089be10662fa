use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(colection = "users", tags = ["team:{team}"])]
struct User {
    id: i64,
    #[hydracache(tennant)]
    company: u32,
}

fn main() {}
