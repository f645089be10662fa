use hydracache::{cached, invalidates};

#[cached]
async fn get_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

#[invalidates(get_user(id), returns = "result")]
fn save_user(id: u64) -> u64 {
    id
}

fn main() {}
