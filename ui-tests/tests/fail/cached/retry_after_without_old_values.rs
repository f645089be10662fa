use hydracache::cached;

#[cached(retry_after = "5s")]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
