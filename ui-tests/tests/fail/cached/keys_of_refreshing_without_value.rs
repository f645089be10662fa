use hydracache::cached;

#[cached(ttl = "5m", refresh_ahead, stale_while_revalidate, stale_on_error, retry_after, soft_timeout, load_timeout, wait_timeout, single_flight)]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
