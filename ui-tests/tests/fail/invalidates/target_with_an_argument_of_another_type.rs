use hydracache::{cached, invalidates};

#[cached]
async fn get_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

#[invalidates(get_user(name))]
async fn save_user(name: &str) -> Result<(), String> {
    drop(name.to_owned());
    Ok(())
}

fn main() {}
