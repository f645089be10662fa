use hydracache::cached;

#[cached(none = "0s")]
fn f(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
