use hydracache::cached;

#[cached(ttl = id)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
