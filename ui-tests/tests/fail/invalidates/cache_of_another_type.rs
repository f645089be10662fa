use hydracache::invalidates;

#[invalidates(tags = ["users"], cache = id)]
async fn save_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

fn main() {}
