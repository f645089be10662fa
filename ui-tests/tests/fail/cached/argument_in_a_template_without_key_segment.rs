use hydracache::cached;

struct Point {
    x: u64,
}

#[cached(key = "at:{point}", tags = ["points"])]
fn f(point: &Point) -> u64 {
    point.x
}

fn main() {}
