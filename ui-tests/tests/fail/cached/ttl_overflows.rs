use hydracache::cached;

#[cached(ttl = "99999999999999999d")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
