use hydracache::cached;

#[derive(Clone)]
struct Failure;

#[cached(load_timeout = "5s")]
async fn f(id: u64) -> Result<u64, Failure> {
    Ok(id)
}

fn main() {}
