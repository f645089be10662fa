use hydracache::{cached, invalidates};

struct Tx;

#[cached]
async fn get_user(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

#[invalidates(get_user(id), at = commit(tx))]
async fn save_user(tx: &mut Tx, id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

fn main() {}
