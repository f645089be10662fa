use hydracache::cached;

#[cached(refresh_ahead = "1m")]
async fn f(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
