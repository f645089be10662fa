use hydracache::cached;

#[cached(ttl = "soon")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
