use hydracache::cached;

#[cached(unless = |id, value| id == value)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
