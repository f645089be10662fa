use hydracache::cached;

#[cached(ttl = |value| *value)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
