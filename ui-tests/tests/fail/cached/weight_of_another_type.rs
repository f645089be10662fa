use hydracache::cached;

#[cached(weight = |value| *value)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
