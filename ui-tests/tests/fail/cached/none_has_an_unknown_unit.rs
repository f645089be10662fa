use hydracache::cached;

#[cached(none = "5w")]
fn f(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
