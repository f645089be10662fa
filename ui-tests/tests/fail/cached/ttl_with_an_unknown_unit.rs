use hydracache::cached;

#[cached(ttl = "2 weeks")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
