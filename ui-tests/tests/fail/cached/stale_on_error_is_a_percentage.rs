use hydracache::cached;

#[cached(ttl = "5m", stale_on_error = "10%")]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
