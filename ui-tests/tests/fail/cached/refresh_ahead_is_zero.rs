use hydracache::cached;

#[cached(ttl = "5m", refresh_ahead = "0s")]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
