use hydracache::KeySegment;

#[derive(KeySegment)]
fn id() -> u64 {
    1
}

fn main() {}
