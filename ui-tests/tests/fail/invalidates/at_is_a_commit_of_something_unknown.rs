use hydracache::{CommitList, cached, invalidates};

#[cached]
async fn get_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

#[invalidates(get_user(id), at = commit(transaction))]
async fn save_user(tx: &CommitList, id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

fn main() {}
