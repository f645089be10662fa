use hydracache::cached;

#[cached(returns = "result")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
