use hydracache::cached;

#[cached(returns)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
