use hydracache::cached;

#[cached(version = 4294967296)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
