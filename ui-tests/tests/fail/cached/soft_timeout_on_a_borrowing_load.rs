use hydracache::cached;

#[cached(ttl = "5m", stale_on_error = "1h", soft_timeout = "100ms")]
async fn f(name: &str) -> Result<u64, String> {
    Ok(name.len() as u64)
}

fn main() {}
