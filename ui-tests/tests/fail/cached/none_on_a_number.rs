use hydracache::cached;

#[cached(none = "skip")]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
