use hydracache::cached;

#[cached(errors = "skip")]
fn f(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
