use hydracache::cached;

#[cached(key = "")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
