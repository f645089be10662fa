use hydracache::cache_put;

#[cache_put(returns = "result")]
async fn save_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

fn main() {}
