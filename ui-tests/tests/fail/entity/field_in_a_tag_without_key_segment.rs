use hydracache::HydraCacheEntity;

struct Team(u64);

#[derive(HydraCacheEntity)]
#[hydracache(entity = "user", tags = ["team:{team}"])]
struct User {
    #[hydracache(id)]
    id: u64,
    team: Team,
}

fn main() {}
