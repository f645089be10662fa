use hydracache::cached;

#[cached(ttl = "5m", name = "f", ttl = "6m")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
