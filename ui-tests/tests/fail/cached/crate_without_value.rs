use hydracache::cached;

#[cached(crate)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
