use hydracache::KeySegment;

#[derive(KeySegment)]
struct Price {
    amount: f64,
    currency: String,
}

fn main() {}
