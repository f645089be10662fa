use hydracache::cached;

#[cached(ttl = "5m", stale_while_revalidate = true)]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
