use hydracache::cached;

#[cached(key = "user:{}")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
