use hydracache::cached;

#[cached(enabled = "true")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
