use hydracache::cached;

#[cached(refresh_ahead = "1m", stale_while_revalidate = "5m", stale_on_error = "1h")]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
