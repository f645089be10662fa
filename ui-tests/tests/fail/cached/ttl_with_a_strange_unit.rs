use hydracache::cached;

#[cached(ttl = "2w")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
