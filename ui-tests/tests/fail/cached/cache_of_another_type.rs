use hydracache::cached;

#[cached(cache = id)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
