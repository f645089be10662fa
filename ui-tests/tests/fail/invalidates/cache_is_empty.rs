use hydracache::invalidates;

#[invalidates(tags = ["users"], cache = "")]
async fn save_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

fn main() {}
