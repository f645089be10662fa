use hydracache::cached;

#[cached(cache = "")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
