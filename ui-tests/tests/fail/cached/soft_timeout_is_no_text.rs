use hydracache::cached;

#[cached(ttl = "5m", stale_on_error = "1h", soft_timeout = 0.1)]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
