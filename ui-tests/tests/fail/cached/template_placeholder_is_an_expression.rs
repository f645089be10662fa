use hydracache::cached;

#[cached(key = "user:{id + 1}")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
