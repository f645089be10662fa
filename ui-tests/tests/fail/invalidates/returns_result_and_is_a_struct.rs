use hydracache::{cached, invalidates};

struct User(u64);

#[cached]
async fn get_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

#[invalidates(get_user(id), returns = "result")]
fn save_user(id: u64) -> User {
    User(id)
}

fn main() {}
