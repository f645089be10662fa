use hydracache::HydraCacheEntity;

struct Id(u64);

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", id = Id)]
struct User {
    name: String,
}

fn main() {}
