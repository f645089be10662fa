use hydracache::KeySegment;

struct Team;

#[derive(KeySegment)]
struct Scope<'a>(&'a Team, u8);

fn main() {}
