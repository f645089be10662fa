use hydracache::cached;

use hydracache::KeySegment;

#[derive(Clone, KeySegment)]
struct Id(u64);

#[cached(name = "f", loader)]
async fn f(id: &Id) -> u64 {
    id.0
}

fn main() {}
