use hydracache::cached;

#[cached(idle = "0s")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
