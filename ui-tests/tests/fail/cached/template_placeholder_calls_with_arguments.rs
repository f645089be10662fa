use hydracache::cached;

#[cached(key = "user:{id.pow(2)}")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
