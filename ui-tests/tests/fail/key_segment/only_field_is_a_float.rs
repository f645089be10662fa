use hydracache::KeySegment;

#[derive(KeySegment)]
struct Price(f64);

fn main() {}
