use hydracache::cached;

const LIMIT: &str = "5s";

#[cached(load_timeout = LIMIT)]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
