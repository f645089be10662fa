use hydracache::cached;

#[cached(crate = nowhere)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
