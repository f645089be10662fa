use hydracache::KeySegment;

struct Team;

#[derive(KeySegment)]
enum Scope {
    Public,
    Team { id: u64, team: Team },
}

fn main() {}
