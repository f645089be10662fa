use hydracache::cached;

#[cached(skip)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
