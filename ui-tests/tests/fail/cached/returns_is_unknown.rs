use hydracache::cached;

#[cached(returns = "vec")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
