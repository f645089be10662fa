use hydracache::{KeySegment, cached};

#[cached(ttl = "5m", stale_on_error = "1h", soft_timeout = "100ms")]
async fn f<T: KeySegment>(id: T) -> Result<u64, String> {
    drop(id);
    Ok(1)
}

fn main() {}
