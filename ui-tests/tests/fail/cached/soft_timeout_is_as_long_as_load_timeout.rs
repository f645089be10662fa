use hydracache::{LoadError, cached};

#[cached(ttl = "5m", stale_on_error = "1h", soft_timeout = "1s", load_timeout = "1000ms")]
async fn f(id: u64) -> Result<u64, LoadError> {
    Ok(id)
}

fn main() {}
