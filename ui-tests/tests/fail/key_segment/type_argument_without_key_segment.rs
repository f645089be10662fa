use hydracache::{KeySegment, cached};

#[derive(KeySegment)]
struct Id<T>(T, u8);

#[cached]
fn f(id: Id<f64>) -> u8 {
    id.1
}

fn main() {}
