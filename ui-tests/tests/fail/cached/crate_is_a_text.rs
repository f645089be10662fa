use hydracache::cached;

#[cached(crate = "hydracache")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
