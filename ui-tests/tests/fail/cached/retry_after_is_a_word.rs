use hydracache::cached;

#[cached(ttl = "5m", stale_on_error = "1h", retry_after = "soon")]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
