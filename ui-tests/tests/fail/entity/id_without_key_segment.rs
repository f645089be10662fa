use hydracache::HydraCacheEntity;

struct Id(u64);

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user")]
struct User {
    #[hydracache(id)]
    id: Id,
}

fn main() {}
