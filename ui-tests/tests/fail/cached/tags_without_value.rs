use hydracache::cached;

#[cached(tags)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
