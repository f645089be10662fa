use hydracache::cached;

#[cached(name = "f" key = "user:{id}", ttl = "5m")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
