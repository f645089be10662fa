use hydracache::cached;

struct Point {
    x: u64,
}

#[cached]
async fn f(point: Point) -> u64 {
    point.x
}

fn main() {}
