use hydracache::cached;

#[cached(none = false)]
fn f(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
