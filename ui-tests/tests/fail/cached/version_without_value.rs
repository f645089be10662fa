use hydracache::cached;

#[cached(version)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
