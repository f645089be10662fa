use hydracache::cached;

#[cached(name)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
