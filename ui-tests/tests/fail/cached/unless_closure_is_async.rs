use hydracache::cached;

#[cached(unless = async |value| *value > 3)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
