use hydracache::{cached, invalidates};

#[cached]
async fn get_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

fn takes(user: String) -> u64 {
    user.len() as u64
}

#[invalidates(get_user(takes(user)))]
async fn save_user(user: String) -> Result<String, String> {
    Ok(user)
}

fn main() {}
