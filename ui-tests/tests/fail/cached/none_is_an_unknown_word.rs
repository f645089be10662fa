use hydracache::cached;

#[cached(none = "never")]
fn f(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
