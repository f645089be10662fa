use hydracache::cached;

struct Failure(u64);

fn copy() -> Failure {
    Failure(1)
}

#[cached(share_error = copy)]
fn f(id: u64) -> Result<u64, Failure> {
    Ok(id)
}

fn main() {}
