use hydracache::cached;

#[cached(stale_on_error = "1h")]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
