use hydracache::cached;

#[cached(ttl = "1.5h")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
