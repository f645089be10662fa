use hydracache::cached;

#[cached(version = "2")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
