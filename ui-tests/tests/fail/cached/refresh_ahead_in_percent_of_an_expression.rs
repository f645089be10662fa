use hydracache::cached;

#[cached(ttl = std::time::Duration::from_secs(id), refresh_ahead = "10%")]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
