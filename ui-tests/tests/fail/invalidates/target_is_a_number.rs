use hydracache::invalidates;

#[invalidates(42)]
async fn save_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

fn main() {}
