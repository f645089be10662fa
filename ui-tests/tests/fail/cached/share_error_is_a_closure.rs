use hydracache::cached;

struct Failure(u64);

#[cached(share_error = |error| Failure(error.0))]
fn f(id: u64) -> Result<u64, Failure> {
    Ok(id)
}

fn main() {}
