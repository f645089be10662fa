use hydracache::cached;

#[cached(handle = type)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
