use hydracache::cached;

#[cached(ttl = "5m", soft_timeout = "100ms")]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
