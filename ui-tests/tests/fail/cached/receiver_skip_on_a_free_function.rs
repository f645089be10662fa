use hydracache::cached;

#[cached(receiver = skip)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
