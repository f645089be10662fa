use hydracache::cached;

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cached]
async fn f(id: u64) -> Result<User, String> {
    Ok(User { id })
}

fn main() {}
