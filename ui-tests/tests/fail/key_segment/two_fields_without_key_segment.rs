use hydracache::KeySegment;

#[derive(KeySegment)]
struct Point {
    x: f32,
    y: f32,
}

fn main() {}
