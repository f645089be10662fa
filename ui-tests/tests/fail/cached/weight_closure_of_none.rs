use hydracache::cached;

#[cached(weight = || 5)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
