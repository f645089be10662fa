use hydracache::{KeySegment, cached};

#[derive(KeySegment)]
struct Id(u64);

#[cached(ttl = "5m", refresh_ahead = "1m")]
async fn f(id: &Id) -> u64 {
    id.0
}

fn main() {}
