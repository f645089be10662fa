use hydracache::cached;

#[cached(ttl = "0s")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
