use hydracache::invalidates;

#[invalidates(tags = [5])]
async fn save_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

fn main() {}
