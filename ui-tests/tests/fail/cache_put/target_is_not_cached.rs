use hydracache::cache_put;

fn load_user(id: u64) -> String {
    id.to_string()
}

#[cache_put(load_user(id))]
async fn save_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

fn main() {}
