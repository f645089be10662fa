use hydracache::cached;

#[cached(returns = Result)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
