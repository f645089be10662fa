use hydracache::cached;

#[cached(ttl = "300000d")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
