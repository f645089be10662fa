use hydracache::cached;

struct Failure;

#[cached(errors = "5s")]
fn f(id: u64) -> Result<u64, Failure> {
    Ok(id)
}

fn main() {}
