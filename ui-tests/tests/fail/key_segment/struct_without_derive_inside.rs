use hydracache::KeySegment;

struct Inner(u64);

#[derive(KeySegment)]
struct Outer {
    inner: Vec<Option<Inner>>,
}

fn main() {}
