use hydracache::{cache_put, cached};

struct User(String);

#[cached]
async fn get_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

#[cache_put(get_user(id) = user)]
async fn save_user(id: u64, user: User) -> Result<(), String> {
    drop((id, user));
    Ok(())
}

fn main() {}
