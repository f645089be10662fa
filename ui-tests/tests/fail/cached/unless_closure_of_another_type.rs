use hydracache::cached;

#[cached(unless = |value| *value)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
