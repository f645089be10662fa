use hydracache::invalidates;

#[invalidates(when = |user| user.is_empty())]
async fn save_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

fn main() {}
