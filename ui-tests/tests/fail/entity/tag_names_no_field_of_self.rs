use hydracache::HydraCacheEntity;

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", tags = ["team:{self.team}"])]
struct User {
    #[hydracache(id)]
    id: i64,
    name: String,
}

fn main() {}
