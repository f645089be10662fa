use hydracache::cached;

#[cached(name = 5)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
