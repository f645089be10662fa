use hydracache::{cache_put, cached};

#[cached]
async fn get_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

#[cache_put(get_user(id), returns = "result")]
fn save_user(id: u64) -> String {
    id.to_string()
}

fn main() {}
