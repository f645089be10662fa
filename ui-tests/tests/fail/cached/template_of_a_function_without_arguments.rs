use hydracache::cached;

#[cached(key = "user:{id}")]
fn f() -> u64 {
    5
}

fn main() {}
