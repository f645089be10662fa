use hydracache::cached;

#[cached(stale_while_revalidate = "5m")]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
