use hydracache::cached;

#[cached(ttl = "")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
